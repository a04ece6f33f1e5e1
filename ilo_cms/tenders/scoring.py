"""Scores: each evaluator alone, then those on which the panel agrees (SPEC T12).

Notes go from 0 to HIGHEST_NOTE; with weights that make 100, a total is out of 100, exact.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core.policies import Decision, refused
from ilo_cms.engagements.changes import needed
from ilo_cms.tenders.changes import locked_tender
from ilo_cms.tenders.models import (
    HIGHEST_NOTE,
    AgreedScore,
    ConflictStatement,
    Criterion,
    Deposit,
    Offer,
    Phase,
    Score,
    ScoreSheet,
    Tender,
)
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.policies import can_run, has_no_conflict


HANDED_IN = "Votre grille est remise : elle ne change plus."


@dataclass(frozen=True)
class Note:
    """A note as a form gives it; without value it is still to be given."""

    value: Decimal | None
    comment: str = ""


#: Notes by the keys of a deposit and of a criterion: a note is of what was deposited.
Notes = Mapping[tuple, Note]


def can_evaluate(user: User, tender: Tender) -> Decision:
    """The team scores, each after having stated to have no conflict of interest."""
    if not (decision := can_run(user, tender)):
        return decision
    if not ConflictStatement.objects.filter(tender=tender, evaluator=user).exists():
        return refused("Remplissez d’abord votre déclaration d’intérêts.")
    return has_no_conflict(user, tender)


def in_selection(tender: Tender) -> tuple[Tender, datetime]:
    """The locked tender while its offers are compared. Raises ValidationError."""
    row, now = locked_tender(tender)
    check_selection(row, now)
    return row, now


def check_selection(tender: Tender, now: datetime) -> None:
    """Raise ValidationError unless the offers of a locked tender are being compared."""
    if phase(tender, now) != Phase.SELECTION:
        raise ValidationError(
            "Les offres ne sont pas, ou plus, à comparer : rechargez la page.", code="changed"
        )


@logged
def state_conflict(
    *, tender: Tender, has_conflict: bool, text: str, acting_user: User
) -> ConflictStatement:
    """Say whether one has ties with those who answered; before scoring, and until one hands in.

    Raises PermissionDenied, ValidationError by field without a word on a conflict, or on its end.
    """
    row, now = in_selection(tender)
    can_run(acting_user, row).enforce()
    if row.score_sheets.filter(evaluator=acting_user, handed_in_at__isnull=False).exists():
        raise ValidationError(HANDED_IN, code="changed")
    former = ConflictStatement.objects.filter(tender=row, evaluator=acting_user).first()
    if has_conflict:
        text = needed(text, "Dites de quel lien il s’agit.", "text")
    elif former and former.has_conflict:
        text = needed(text, "Dites pourquoi ce conflit d’intérêts n’est plus.", "text")
    elif former and not text.strip():
        text = former.text  # said again without a word, it stays explained
    earlier = statement(former) if former else ""
    said, _ = ConflictStatement.objects.update_or_create(
        tender=row,
        evaluator=acting_user,
        defaults={"has_conflict": has_conflict, "text": text.strip(), "stated_at": now},
    )
    now_said = statement(said)
    words = {"before": earlier, "after": now_said} if earlier else {"said": now_said}
    record(
        "tender.conflict_stated",
        actor=acting_user,
        target=row,
        organisation=row.engagement.beneficiary,
        **words,
    )
    return said


def statement(said: ConflictStatement) -> str:
    """A statement in words, as the log keeps it when it is changed."""
    words = "Conflit d’intérêts déclaré" if said.has_conflict else "Aucun conflit d’intérêts"
    return f"{words} : {said.text}" if said.text else words


def scored(tender: Tender) -> tuple[list[Offer], list[Criterion]]:
    """What is to be noted: the offers that stand, and the criteria."""
    offers = Offer.objects.standing().filter(invitation__tender=tender)
    rows = offers.select_related("invitation__organisation", "cooperator__user")
    return list(rows.order_by("invitation__organisation__name", "pk")), list(tender.criteria.all())


def checked(notes: Notes, offers: list[Offer], criteria: list[Criterion]) -> dict[tuple, Note]:
    """The notes by offer and criterion, of deposits that stand and criteria that are there.

    Raises ValidationError, also on a note out of bounds.
    """
    standing = Deposit.objects.standing().filter(offer__in=offers)
    offer_of = dict(standing.values_list("pk", "offer"))
    known = {criterion.pk for criterion in criteria}
    given = {}
    for (deposit, criterion), note in notes.items():
        if deposit not in offer_of or criterion not in known:
            raise ValidationError(
                "Une offre ou un critère n’est plus là : rechargez la page.", code="changed"
            )
        if note.value is not None and not 0 <= note.value <= HIGHEST_NOTE:
            raise ValidationError(f"Une note va de 0 à {HIGHEST_NOTE}.")
        given[offer_of[deposit], criterion] = note
    return given


def check_complete(
    given: Collection[tuple], offers: list[Offer], criteria: list[Criterion]
) -> None:
    """Raise ValidationError naming the notes that are not given."""
    missing = [
        f"{offer.author} – {criterion.label}"
        for offer in offers
        for criterion in criteria
        if (offer.pk, criterion.pk) not in given
    ]
    if missing:
        notes = f"{len(missing)} notes" if len(missing) > 1 else "1 note"
        raise ValidationError(f"Il manque {notes} : {' ; '.join(missing)}.")


@logged
def save_scores(*, tender: Tender, notes: Notes, acting_user: User) -> ScoreSheet:
    """Keep one's own notes, in the place of those kept before; nobody else reads them yet.

    Raises PermissionDenied, ValidationError on a note out of bounds, or once handed in.
    """
    row, _ = in_selection(tender)
    can_evaluate(acting_user, row).enforce()
    given = checked(notes, *scored(row))
    sheet, _ = ScoreSheet.objects.get_or_create(tender=row, evaluator=acting_user)
    if sheet.handed_in_at:
        raise ValidationError(HANDED_IN, code="changed")
    sheet.scores.all().delete()
    Score.objects.bulk_create(
        Score(
            sheet=sheet,
            offer_id=offer,
            criterion_id=criterion,
            note=note.value,
            comment=note.comment.strip(),
        )
        for (offer, criterion), note in given.items()
        if note.value is not None
    )
    return sheet


@logged
def hand_in(*, tender: Tender, acting_user: User) -> ScoreSheet:
    """Hand in one's sheet: it changes no more, and colleagues who handed in theirs read it.

    Raises PermissionDenied, ValidationError while a note is missing, or without any offer.
    """
    row, now = in_selection(tender)
    can_evaluate(acting_user, row).enforce()
    sheet, _ = ScoreSheet.objects.get_or_create(tender=row, evaluator=acting_user)
    if sheet.handed_in_at:
        return sheet
    offers, criteria = scored(row)
    if not offers:
        raise ValidationError("Il n’y a pas d’offre à noter.")
    check_complete(set(sheet.scores.values_list("offer", "criterion")), offers, criteria)
    sheet.handed_in_at = now
    sheet.save(update_fields=["handed_in_at", "updated_at"])
    record(
        "tender.scored",
        actor=acting_user,
        target=row,
        organisation=row.engagement.beneficiary,
    )
    return sheet


@logged
def agree_scores(*, tender: Tender, notes: Notes, acting_user: User) -> None:
    """Write the notes on which the panel agrees, all of them, in the place of former ones.

    By who handed in a sheet. Raises PermissionDenied, ValidationError while a note is missing, or
    a colleague who began to score has not handed in.
    """
    row, now = in_selection(tender)
    can_evaluate(acting_user, row).enforce()
    if handed_in_by(acting_user, row) is None:
        raise ValidationError("Remettez d’abord votre grille individuelle.")
    if waiting := awaited_evaluators(row):
        raise ValidationError(f"Grille individuelle encore attendue : {', '.join(waiting)}.")
    offers, criteria = scored(row)
    given = checked(notes, offers, criteria)
    complete = {key: note for key, note in given.items() if note.value is not None}
    check_complete(complete, offers, criteria)
    AgreedScore.objects.filter(offer__invitation__tender=row).delete()
    AgreedScore.objects.bulk_create(
        AgreedScore(
            offer_id=offer,
            criterion_id=criterion,
            note=note.value,
            comment=note.comment.strip(),
            agreed_by=acting_user,
            agreed_at=now,
        )
        for (offer, criterion), note in complete.items()
    )
    record(
        "tender.scores_agreed",
        actor=acting_user,
        target=row,
        organisation=row.engagement.beneficiary,
    )


def handed_in_by(user: User, tender: Tender) -> ScoreSheet | None:
    """The sheet that this evaluator handed in."""
    return tender.score_sheets.filter(evaluator=user).exclude(handed_in_at=None).first()


def awaited_evaluators(tender: Tender) -> list[str]:
    """Who began and still has to hand in: not after a conflict, nor having left."""
    free = tender.conflict_statements.filter(has_conflict=False).values("evaluator")
    begun = tender.score_sheets.filter(handed_in_at=None, evaluator__in=free)
    rows = begun.select_related("evaluator__officer")
    return [str(each.evaluator) for each in rows if can_run(each.evaluator, tender)]


def agreed_notes(offers: Iterable[Offer]) -> dict[UUID, dict]:
    """The notes on which the panel agreed, by the keys of an offer and of a criterion."""
    notes: dict[UUID, dict] = defaultdict(dict)
    for score in AgreedScore.objects.filter(offer__in=offers):
        notes[score.offer_id][score.criterion_id] = score.note
    return notes


def total(notes: Mapping, criteria: list[Criterion]) -> Decimal | None:
    """The total of notes by criterion key, out of 100; None while one is missing."""
    if not criteria or any(criterion.pk not in notes for criterion in criteria):
        return None
    points = sum((notes[each.pk] * each.weight for each in criteria), Decimal(0))
    return points / HIGHEST_NOTE


def ranks(totals: Mapping) -> dict:
    """The rank of each key by its total, the highest first; equal totals share a rank."""
    known = {key: value for key, value in totals.items() if value is not None}
    return {key: 1 + sum(other > value for other in known.values()) for key, value in known.items()}
