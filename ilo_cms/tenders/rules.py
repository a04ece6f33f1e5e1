"""What holds together in a tender: deadlines, criteria, what publishing needs (SPEC T2, T6).

Pure rules on values and a moment; the services raise what they answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import strip_tags

from ilo_cms.tenders.models import Channel, Criterion, Tender


#: The weights of the criteria of a published tender, together.
ALL_WEIGHTS = 100
#: A deadline later than this is a slip of the keyboard.
FURTHEST = timedelta(days=3 * 365)
FAR = "Cette date est dans plus de trois ans : vérifiez l’année."
PAST = "Cette échéance est déjà passée : choisissez un moment à venir."
#: What is said of a deadline that is not set.
NEEDED = {
    "participation_deadline": "Fixez la date limite des réponses de participation.",
    "deposit_deadline": "Fixez la date limite de dépôt des offres.",
}


@dataclass(frozen=True)
class Weighted:
    """A criterion as a form gives it."""

    label: str
    weight: int
    help_text: str = ""


def deadline_faults(values: Mapping[str, Any], now: datetime, new: Iterable[str]) -> dict[str, str]:
    """What is wrong with the deadlines, by field; those of `new` must lie ahead, and near.

    The others may have passed since they were saved: publishing asks of all of them.
    """
    ahead = {name: moment for name in new if (moment := values.get(name))}
    faults = {name: PAST for name, moment in ahead.items() if moment <= now}
    faults |= {name: FAR for name, moment in ahead.items() if moment > now + FURTHEST}
    answers, questions = values.get("participation_deadline"), values.get("questions_deadline")
    deposits = values.get("deposit_deadline")
    if answers and deposits and deposits <= answers:
        faults.setdefault(
            "deposit_deadline",
            "La date limite de dépôt doit suivre celle des réponses de participation.",
        )
    if questions and deposits and questions > deposits:
        faults.setdefault(
            "questions_deadline", "Les questions se terminent au plus tard avec le dépôt."
        )
    return faults | day_faults(values, now)


def day_faults(values: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """What is wrong with the days that follow the deposits, by field."""
    deposits = values.get("deposit_deadline")
    decision, starts = values.get("decision_on"), values.get("starts_on")
    last = timezone.localdate(now + FURTHEST)
    days = {"decision_on": decision, "starts_on": starts}
    faults = {name: FAR for name, day in days.items() if day and day > last}
    if deposits and decision and decision < timezone.localdate(deposits):
        faults["decision_on"] = "La décision ne peut pas précéder la fin du dépôt."
    if deposits and starts and starts < timezone.localdate(deposits):
        faults["starts_on"] = "La prestation ne peut pas commencer avant la fin du dépôt."
    if decision and starts and starts < decision:
        faults["starts_on"] = "La prestation ne peut pas commencer avant la décision."
    return faults


def check_deadlines(tender: Tender, now: datetime, new: Iterable[str]) -> None:
    """Raise ValidationError by field unless a tender's deadlines hold together."""
    if faults := deadline_faults(vars(tender), now, new):
        raise ValidationError(faults)


def check_criteria(criteria: Iterable[Weighted | Criterion], *, complete: bool) -> None:
    """Raise ValidationError unless labels differ and weights fit; `complete` ones make 100."""
    rows = list(criteria)
    labels = [row.label.strip().casefold() for row in rows]
    if "" in labels:
        raise ValidationError("Chaque critère a un intitulé.")
    if len(set(labels)) < len(labels):
        raise ValidationError("Deux critères ont le même intitulé.")
    if any(not 1 <= row.weight <= ALL_WEIGHTS for row in rows):
        raise ValidationError("Le poids d’un critère va de 1 à 100 %.")
    total = sum(row.weight for row in rows)
    if complete and total != ALL_WEIGHTS:
        raise ValidationError(f"Les poids des critères font {total} % : ils doivent faire 100 %.")


def publication_faults(tender: Tender, now: datetime) -> list[str]:
    """What still keeps a tender from being sent, a sentence each; nothing about recipients."""
    faults = []
    if not strip_tags(tender.need).strip():
        faults.append("Décrivez le besoin.")
    if not tender.themes.exists():
        faults.append("Choisissez au moins une thématique.")
    try:
        check_criteria(tender.criteria.all(), complete=True)
    except ValidationError as error:
        faults += error.messages
    if tender.channel != Channel.PLATFORM:
        return [*faults, "Cette mise en concurrence se déroule hors de la plateforme."]
    faults += [words for name, words in NEEDED.items() if getattr(tender, name) is None]
    named = ("participation_deadline", "questions_deadline", "deposit_deadline")
    for name, fault in deadline_faults(vars(tender), now, named).items():
        label = str(tender._meta.get_field(name).verbose_name)
        faults.append(f"{label[:1].upper()}{label[1:]} : {fault}")
    for kind in tender.required_types.all():
        if not kind.is_active:
            faults.append(f"Le type « {kind} » n’est plus proposé : retirez-le des pièces exigées.")
    return faults
