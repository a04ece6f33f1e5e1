"""Who reads an offer's files: its authors; partners and officers, what was deposited (T8, T9)."""

from django.db.models import Q

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact
from ilo_cms.tenders.models import Deposit, Offer


def readers(user: User, contact: Contact | None) -> Q:
    """On a document: it is of an offer that this person may read.

    Authors read every file that they put; who else reads an offer, what stands in its deposit.
    """
    seen = Offer.objects.visible_to(user)
    if contact is None or contact.user_id != user.pk:
        return deposited_with(seen)
    own = Offer.objects.authored_by(contact)
    return (
        Q(offer_file__offer__in=own.order_by().values("pk"))
        | deposited_with(Offer.objects.shared_with(contact))
        | deposited_with(seen)
    )


def opened() -> Q:
    """On a document: it stands in an offer that was opened, and is a secret no more (SPEC T9)."""
    return deposited_with(Offer.objects.filter(invitation__tender__opening__isnull=False))


def deposited_with(offers) -> Q:
    """On a document: it stands in the deposit of one of these offers."""
    standing = Deposit.objects.standing().filter(offer__in=offers.order_by().values("pk"))
    return Q(pk__in=standing.order_by().values("documents"))
