"""Opening all offers of a tender together, with a record that nobody can change (SPEC T9)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import canonical, logged, record, sha256
from ilo_cms.documents.models import Document, Scan
from ilo_cms.documents.scanning import tell_administrators
from ilo_cms.tenders.changes import add_event, locked_tender, raise_revision
from ilo_cms.tenders.models import Deposit, DepositKind, EventKind, Offer, Opening, Tender
from ilo_cms.tenders.phases import can_open, moment, related
from ilo_cms.tenders.policies import can_run


@logged
def open_tender(*, tender: Tender, acting_user: User) -> Opening:
    """Open all offers at once, at the deposit deadline or after; a second call changes nothing.

    Raises PermissionDenied, ValidationError while they are sealed, or there is nothing to open.
    """
    row, now = locked_tender(tender)
    can_run(acting_user, row).enforce()
    if opening := related(row, "opening"):
        return opening
    if not (decision := can_open(row, now)):
        raise ValidationError(decision.reason, code="closed")
    said = record_of(row)
    opening = Opening.objects.create(
        tender=row, at=now, by=acting_user, record=said, digest=sha256(canonical(said))
    )
    for document in deposited_in(row).filter(scan=Scan.INFECTED):
        tell_administrators(document)  # it was nobody's to know before
    add_event(row, EventKind.OPENED, at=now, by=acting_user)
    raise_revision(row)
    record(
        "tender.opened",
        actor=acting_user,
        target=row,
        organisation=row.engagement.beneficiary,
        digest=opening.digest,
    )
    return opening


def deposited_in(tender: Tender) -> QuerySet[Document]:
    """The files that stand in the offers of a tender."""
    standing = Deposit.objects.standing().filter(offer__invitation__tender=tender)
    rows = Document.objects.filter(pk__in=standing.order_by().values("documents"))
    return rows.select_related("organisation").order_by("created_at")


def record_of(tender: Tender) -> dict[str, Any]:
    """What was received, withdrawn and late, by author, with times and digests."""
    offers = (
        Offer.objects.filter(invitation__tender=tender)
        .select_related("invitation__organisation", "cooperator__user")
        .prefetch_related("deposits", "late_attempts")
        .order_by("invitation__organisation__name", "pk")
    )
    lines = [offer_line(offer, tender) for offer in offers]
    return {
        "tender": str(tender.pk),
        "title": tender.title,
        "deadline": tender.deposit_deadline,
        "requirements": tender.requirements,
        "offers": [line for line in lines if line["acts"] or line["late"]],
    }


def offer_line(offer: Offer, tender: Tender) -> dict[str, Any]:
    """The acts on one offer, and where they leave it."""
    acts = list(offer.deposits.all())
    last = acts[-1] if acts else None
    stands = last is not None and last.kind != DepositKind.WITHDRAWN
    return {
        "offer": str(offer.pk),
        "organisation": str(offer.invitation.organisation),
        "siren": offer.invitation.organisation.siren,
        "cooperator": str(offer.cooperator.user) if offer.cooperator else "",
        "stands": stands,
        "is_confirmed": bool(stands and last and last.requirements == tender.requirements),
        "acts": [
            {
                "number": each.number,
                "kind": each.kind,
                "label": each.get_kind_display(),
                "at": each.at,
                "moment": moment(each.at),
                "digest": each.digest,
                "files": [
                    {name: file[name] for name in ("type", "name", "size", "digest")}
                    for file in each.content.get("files", [])
                ],
            }
            for each in acts
        ],
        "late": [
            {
                "kind": each.kind,
                "label": each.get_kind_display(),
                "at": each.at,
                "moment": moment(each.at),
                "reason": each.reason,
            }
            for each in offer.late_attempts.all()
        ],
    }
