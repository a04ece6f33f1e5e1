"""Each person's calendar at a secret address, which they renew or end (SPEC T17).

Apps above register what else stands in it: a callable from a person to events.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import assistant, logged
from ilo_cms.audit.services import record as log
from ilo_cms.meetings.ics import Event, feed_of, fixed_event, proposed_events
from ilo_cms.meetings.models import CalendarFeed, Meeting, Participant


Source = Callable[[User], Iterable[Event]]

#: How long past meetings stay in a calendar.
KEPT = timedelta(days=90)

_sources: list[Source] = []


def register(source: Source) -> None:
    """Have this function add its events to everyone's calendar."""
    if source not in _sources:
        _sources.append(source)


def calendar_text(user: User) -> str:
    """A person's whole calendar."""
    return feed_of(event for source in _sources for event in source(user))


def meetings_of(user: User) -> Iterable[Event]:
    """The meetings, fixed or proposed, of a person's still valid memberships and of their post."""
    current = Q(contact__user=user, contact__ended_on=None, contact__has_access=True, is_party=True)
    in_post = Q(officer__user=user, officer__is_active=True)
    invited = Participant.objects.with_party().filter(current | in_post, meeting=OuterRef("pk"))
    organises = Q(organiser__user=user, organiser__is_active=True)
    now = timezone.now()
    recent = Q(chosen__ends_at__gt=now - KEPT) | Q(chosen=None, slots__starts_at__gt=now)
    rows = (
        Meeting.objects.filter(Q(Exists(invited)) | organises, recent, cancelled_at=None)
        .distinct()
        .select_related("engagement", "chosen")
        .prefetch_related("slots")
        .order_by("created_at", "pk")
    )
    for meeting in rows:
        if meeting.chosen:
            yield fixed_event(meeting)
        else:
            yield from proposed_events(meeting)


def digest_of(token: str) -> str:
    """What is kept of a token: 32 random bytes need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def owner_of(token: str) -> User | None:
    """Whose calendar a token opens, if anybody's; never that of a closed account."""
    feeds = CalendarFeed.objects.filter(digest=digest_of(token), user__is_active=True)
    feed = feeds.select_related("user").first()
    return feed.user if feed else None


def own_act() -> None:
    """Raise PermissionDenied when the support acts for the person: the address is theirs alone."""
    if assistant.get():
        raise PermissionDenied("L’assistance ne crée ni ne supprime l’adresse d’un agenda.")


@logged
def renew(*, user: User) -> str:
    """Make a new secret address, which ends the former one; return its token, kept nowhere."""
    own_act()
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.update_or_create(
        user=user, defaults={"digest": digest_of(token), "created_at": timezone.now()}
    )
    log("calendar.renewed", actor=user, target=user)
    return token


@logged
def revoke(*, user: User) -> bool:
    """End the secret address; False if there was none."""
    own_act()
    deleted, _ = CalendarFeed.objects.filter(user=user).delete()
    if deleted:
        log("calendar.revoked", actor=user, target=user)
    return bool(deleted)
