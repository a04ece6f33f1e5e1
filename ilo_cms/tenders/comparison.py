"""The table in which opened offers are compared, and what officers should mind (SPEC T8, T12)."""

from dataclasses import dataclass, field
from decimal import Decimal

from ilo_cms.accounts.models import User
from ilo_cms.referentials.models import DocumentType
from ilo_cms.tenders.models import Criterion, Deposit, Offer, Tender
from ilo_cms.tenders.scoring import agreed_notes, ranks, total


@dataclass
class Line:
    """One offer of the table."""

    offer: Offer
    deposit: Deposit
    notes: dict = field(default_factory=dict)
    total: Decimal | None = None
    rank: int | None = None
    warnings: list[str] = field(default_factory=list)
    criteria: list[Criterion] = field(default_factory=list)

    @property
    def in_order(self) -> list[dict]:
        """The agreed notes in the order of the criteria, None where there is none."""
        return [{"label": str(each), "value": self.notes.get(each.pk)} for each in self.criteria]

    @property
    def price(self) -> Decimal:
        """What was offered, not what the draft has become."""
        return Decimal(self.deposit.content["price"])

    @property
    def days(self) -> Decimal:
        """As above."""
        return Decimal(self.deposit.content["days"])

    @property
    def day_rate(self) -> Decimal | None:
        """The price of one day, to the cent; None without days."""
        return (self.price / self.days).quantize(Decimal("0.01")) if self.days else None


def comparison(tender: Tender, user: User) -> tuple[list[Line], list[Criterion]]:
    """One line an offer that this person may read, the best agreed total first; the criteria."""
    criteria = list(tender.criteria.all())
    offers = Offer.objects.visible_to(user).filter(invitation__tender=tender)
    rows = offers.select_related("invitation__organisation", "cooperator__user")
    standing = Deposit.objects.standing().filter(offer__in=rows).select_related("by")
    standing = standing.prefetch_related("documents")
    deposits = {deposit.offer_id: deposit for deposit in standing}
    offers = [offer for offer in rows if offer.pk in deposits]  # not one entered this instant
    for offer in offers:
        deposits[offer.pk].offer = offer  # with what was fetched with it
    notes = agreed_notes(offers)
    answering = {offer.invitation.organisation.siren for offer in offers}
    required = list(tender.required_types.all())
    lines = [
        Line(
            offer,
            deposits[offer.pk],
            notes[offer.pk],
            total(notes[offer.pk], criteria),
            warnings=warnings_of(deposits[offer.pk], tender, required, answering),
            criteria=criteria,
        )
        for offer in offers
    ]
    places = ranks({line.offer.pk: line.total for line in lines})
    for line in lines:
        line.rank = places.get(line.offer.pk)
    return sorted(lines, key=order), criteria


def order(line: Line) -> tuple:
    """The best rank first, then by name."""
    return (line.rank is None, line.rank or 0, line.offer.invitation.organisation.name)


def warnings_of(
    deposit: Deposit, tender: Tender, required: list[DocumentType], answering: set[str]
) -> list[str]:
    """What to mind of an offer: what it lacks, not confirmed, or a partner who also answered."""
    found = []
    if deposit.requirements < tender.requirements:
        found.append("Non confirmée après la dernière modification de la demande.")
    given = {each.type_id for each in deposit.documents.all()}
    found += [f"Le document exigé « {each} » manque." for each in required if each.pk not in given]
    found += [
        f"{partner['name']}, partenaire de cette offre, a aussi déposé la sienne."
        for partner in deposit.content.get("partners", [])
        if partner["siren"] and partner["siren"] in answering
    ]
    if not deposit.offer.invitation.organisation.is_active:
        found.append("Structure désormais inactive.")
    return found
