"""The deadlines of tenders in each person's calendar (SPEC T17)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import active_officer
from ilo_cms.meetings.feeds import KEPT
from ilo_cms.meetings.ics import Event
from ilo_cms.tenders.models import Invitation, Participation, Tender
from ilo_cms.tenders.notices_calls import officer_path, provider_path


#: How long an entry lasts before its deadline, so that a calendar shows it.
LENGTH = timedelta(minutes=30)
ANSWERS, QUESTIONS = "Fin des réponses de participation", "Fin des questions"
DEPOSITS, DECISION = "Fin du dépôt des offres", "Décision attendue"


def deadlines_of(user: User) -> Iterator[Event]:
    """The deadlines that concern a person: as an officer, and in each of their memberships."""
    yield from of_officer(user)
    yield from of_contacts(user)


def running() -> Q:
    """Tenders that were sent, go on, and whose deadlines are not long past."""
    recent = Q(deposit_deadline__gt=timezone.now() - KEPT)
    return recent & Q(cancelled_at=None, decision__isnull=True, published_at__isnull=False)


def of_officer(user: User) -> Iterator[Event]:
    """The deadlines of the tenders that an officer runs."""
    officer = active_officer(user)
    if officer is None:
        return
    rows = Tender.objects.filter(running(), officer=officer).order_by("pk")
    for tender in rows:
        yield from events(tender, [ANSWERS, QUESTIONS, DEPOSITS, DECISION], officer_path(tender))


def of_contacts(user: User) -> Iterator[Event]:
    """Those that still concern somebody invited: not who declined."""
    contacts = Contact.objects.current().filter(
        user=user, has_access=True, organisation__is_active=True
    )
    places = (
        Invitation.objects.filter(
            tender__in=Tender.objects.filter(running()),
            organisation__in=contacts.values("organisation"),
            invited_at__isnull=False,
        )
        .exclude(participation=Participation.DECLINED)
        .select_related("tender")
        .order_by("pk")
    )
    seen = set()
    for place in places:
        if place.tender_id in seen:  # the same person for two organisations
            continue
        seen.add(place.tender_id)
        labels = [QUESTIONS, DEPOSITS]
        if place.participation == Participation.NONE:
            labels.insert(0, ANSWERS)
        yield from events(place.tender, labels, provider_path(place.tender))


def events(tender: Tender, labels: Iterable[str], path: str) -> Iterator[Event]:
    """One entry per deadline that is set."""
    moments = {
        ANSWERS: tender.participation_deadline,
        QUESTIONS: tender.questions_deadline,
        DEPOSITS: tender.deposit_deadline,
        DECISION: end_of(tender.decision_on) if tender.decision_on else None,
    }
    for number, label in enumerate(moments):
        moment = moments[label]
        if moment is None or label not in labels:
            continue
        yield Event(
            key=f"{tender.pk}-{number}",
            title=f"{label} : {tender.title}",
            starts_at=moment - LENGTH,
            ends_at=moment,
            changed_at=tender.updated_at,
            sequence=tender.revision,
            path=path,
        )


def end_of(day) -> datetime:
    """The end of an officer's day."""
    return timezone.make_aware(datetime.combine(day, time(18)))
