"""Who is absent, who answers instead, and saying so (SPEC M4).

Days are those of Paris, and an absence holds on its first and on its last day. The questions below
read `officer.absences`: a list of officers loads it beforehand (`prefetch_related`).
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Officer, OfficerAbsence
from ilo_cms.directory.policies import active_officer
from ilo_cms.notifications.services import notify


def today() -> date:
    """The day in Paris, whatever the clock of the machine."""
    return timezone.localdate()


def absence_on(officer: Officer, day: date) -> OfficerAbsence | None:
    """The absence of an officer on a day, the longest if several cover it; else None."""
    covering = [absence for absence in officer.absences.all() if absence.covers(day)]
    return max(covering, key=lambda absence: absence.ends_on, default=None)


def is_absent(officer: Officer, day: date) -> bool:
    """Whether an officer is absent on a day."""
    return absence_on(officer, day) is not None


def is_available(officer: Officer, day: date) -> bool:
    """Whether an officer can answer on a day: the twin of `OfficerQuerySet.available_on`."""
    return officer.is_in_post and not is_absent(officer, day)


def deputies_on(officer: Officer, day: date) -> list[Officer]:
    """Who answers for an absent officer on a day; nobody for one who is there, or who has left."""
    if not officer.is_in_post:
        return []
    deputies = [absence.deputy for absence in officer.absences.all() if absence.covers(day)]
    return [deputy for deputy in deputies if deputy and is_available(deputy, day)]


def can_set_absence(user: User, officer: Officer) -> Decision:
    """Officers say when they are absent themselves, administrators for anyone."""
    if user.is_administrator or active_officer(user) == officer:
        return ALLOWED
    return refused("Chacun·e saisit ses propres absences ; l’administration celles de tou·tes.")


@logged
def save_absence(*, absence: OfficerAbsence, acting_user: User) -> OfficerAbsence:
    """Store a new or changed absence, and tell a new deputy.

    Raises PermissionDenied when it is somebody else's, ValidationError by field when the days are
    in the wrong order or overlap another absence of the person, or the deputy cannot stand in.
    """
    stored = OfficerAbsence.objects.select_for_update(of=("self",)).filter(pk=absence.pk).first()
    for officer in filter(None, [absence.officer, stored and stored.officer]):
        can_set_absence(acting_user, officer).enforce()
    check_days(absence)
    if absence.deputy:
        check_deputy(absence)
    before = words(stored) if stored else {}
    absence.save()
    record(
        "absence.updated" if stored else "absence.created",
        actor=acting_user,
        target=absence,
        before=before,
        after=words(absence),
    )
    if absence.deputy and (stored is None or words(stored) != words(absence)):
        tell_deputy(absence)
    return absence


def check_days(absence: OfficerAbsence) -> None:
    """Raise ValidationError unless the days are in order and free."""
    first, last = absence.starts_on, absence.ends_on
    if last < first:
        raise ValidationError({"ends_on": "Le dernier jour ne peut pas précéder le premier."})
    others = absence.officer.absences.exclude(pk=absence.pk).overlapping(first, last)
    for other in others:
        raise ValidationError(
            {"starts_on": f"Une autre absence existe déjà : {other}. Modifiez plutôt celle-là."}
        )


def check_deputy(absence: OfficerAbsence) -> None:
    """Raise ValidationError unless the deputy is somebody else, in post."""
    if absence.deputy == absence.officer:
        raise ValidationError({"deputy": "Choisissez quelqu’un d’autre comme remplaçant·e."})
    if not absence.deputy.is_in_post:
        raise ValidationError(
            {"deputy": f"{absence.deputy.user} n’est plus en poste : choisissez quelqu’un d’autre."}
        )


def words(absence: OfficerAbsence) -> dict[str, str]:
    """An absence as the log says it."""
    return {
        "starts_on": f"{absence.starts_on:%d/%m/%Y}",
        "ends_on": f"{absence.ends_on:%d/%m/%Y}",
        "deputy": str(absence.deputy or "personne"),
    }


def tell_deputy(absence: OfficerAbsence) -> None:
    """Tell the deputy from when to when they answer."""
    notify(
        "absence.deputy",
        recipients=[absence.deputy.user],
        organisation_id=None,
        path=reverse("officerabsence:index"),
        officer=absence.officer.user,
        first=f"{absence.starts_on:%d/%m/%Y}",
        last=f"{absence.ends_on:%d/%m/%Y}",
    )


@logged
def delete_absence(*, absence: OfficerAbsence, acting_user: User) -> None:
    """Take an absence back: the person answers again. Raises PermissionDenied as above."""
    absence = OfficerAbsence.objects.select_for_update(of=("self",)).get(pk=absence.pk)
    can_set_absence(acting_user, absence.officer).enforce()
    record(
        "absence.deleted",
        actor=acting_user,
        target=absence,
        before=words(absence),
        after=dict.fromkeys(words(absence), ""),
    )
    absence.delete()
