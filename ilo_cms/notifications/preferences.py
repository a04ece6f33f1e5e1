"""How each person wants to be told of each kind: at once, in the daily digest, in-app (SPEC N2)."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core.french import sorting_key
from ilo_cms.notifications.kind import Kind
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.models import MailPreference


Mode = MailPreference.Mode


def offered_kinds(person: User) -> list[Kind]:
    """The kinds that this person may ever receive, by category."""
    kinds = [kind for kind in KINDS.values() if person.is_staff or not kind.for_officers]
    return sorted(kinds, key=lambda kind: sorting_key(kind.category))


def modes_of(person: User) -> dict[str, Mode]:
    """How this person is told of each kind that they may choose."""
    chosen = dict(MailPreference.objects.filter(person=person).values_list("kind", "mode"))
    return {
        kind.name: Mode(chosen.get(kind.name, Mode.IMMEDIATE))
        for kind in offered_kinds(person)
        if not kind.is_compulsory
    }


def modes_for(kind: Kind, people: Iterable[User]) -> dict[User, Mode]:
    """How each of these people is told of one kind, in one query; a compulsory one, at once."""
    chosen = {}
    if not kind.is_compulsory:
        preferences = MailPreference.objects.filter(kind=kind.name, person__in=people)
        chosen = dict(preferences.values_list("person", "mode"))
    return {person: Mode(chosen.get(person.pk, Mode.IMMEDIATE)) for person in people}


def in_app_only(person: User) -> set[str]:
    """The names of the kinds that this person wants on the platform only."""
    chosen = MailPreference.objects.filter(person=person, mode=Mode.IN_APP)
    compulsory = {kind.name for kind in KINDS.values() if kind.is_compulsory}
    return set(chosen.values_list("kind", flat=True)) - compulsory


@logged
def set_modes(*, person: User, modes: Mapping[str, str]) -> None:
    """Keep how a person wants to be told; nobody sets it for somebody else.

    Raises ValidationError on a compulsory kind, one that is not theirs, or a mode that is none.
    """
    current = modes_of(person)
    if not modes.keys() <= current.keys() or not set(modes.values()) <= set(Mode.values):
        raise ValidationError("Une de ces préférences ne peut pas être choisie.")
    changed = {kind: Mode(mode) for kind, mode in modes.items() if mode != current[kind]}
    if not changed:
        return
    for kind, mode in changed.items():
        MailPreference.objects.update_or_create(person=person, kind=kind, defaults={"mode": mode})
    record(
        "preferences.changed",
        actor=person,
        target=person,
        changes={kind: [current[kind].label, mode.label] for kind, mode in changed.items()},
    )
