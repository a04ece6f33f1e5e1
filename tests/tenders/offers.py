"""Offers as providers' services make them."""

from decimal import Decimal
from uuid import UUID, uuid4

from django.core.files.base import ContentFile

from ilo_cms.directory.models import Contact
from ilo_cms.tenders.deposits import deposit
from ilo_cms.tenders.models import Deposit, Invitation, Offer, Tender
from ilo_cms.tenders.offers import add_file, draft_of, save_draft
from tests.factories import DocumentTypeFactory, EstablishmentFactory
from tests.helpers.files import pdf
from tests.tenders.drafts import a_sent_tender, accept, pass_deadlines


def offer_type():
    """The type of the main document of an offer."""
    return DocumentTypeFactory(code="offre-intervention", label="Offre d’intervention")


def in_deposit(*contacts: Contact, **values) -> Tender:
    """A tender whose answers are over, accepted by the contacts' organisations."""
    tender = a_sent_tender(*{each.organisation for each in contacts}, **values)
    accept(tender)
    return pass_deadlines(tender)


def place_of(tender: Tender, contact: Contact) -> Invitation:
    """The place of a contact's organisation."""
    return tender.invitations.get(organisation=contact.organisation)


def ready(tender: Tender, contact: Contact, price="4200.50", name="offre.pdf", pages=1) -> Offer:
    """A complete draft."""
    offer = draft_of(invitation=place_of(tender, contact), acting_as=contact)
    place = EstablishmentFactory(organisation=contact.organisation)
    values = {"price": Decimal(price), "days": Decimal("6.5"), "establishment": place}
    save_draft(offer=offer, values=values | {"message": "Bonjour"}, acting_as=contact)
    file = ContentFile(pdf(pages=pages), name=name)
    add_file(invitation=offer.invitation, file=file, document_type=offer_type(), acting_as=contact)
    return read(offer)


def read(offer: Offer) -> Offer:
    """The offer as it is now."""
    return Offer.objects.select_related("invitation__tender").get(pk=offer.pk)


def deposited(tender: Tender, contact: Contact, **values) -> Offer:
    """A complete offer, deposited."""
    offer = ready(tender, contact, **values)
    deposit(offer=offer, key=uuid4(), acting_as=contact)
    return read(offer)


def standing(offer: Offer) -> UUID:
    """The key of the deposit by which an offer stands: notes are given to it."""
    return Deposit.objects.standing().get(offer=offer).pk
