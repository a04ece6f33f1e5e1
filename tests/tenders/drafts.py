"""A tender as the call side's services make it, and moments from now."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from ilo_cms.core.clock import database_now
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.models import Engagement
from ilo_cms.notifications.models import Notification
from ilo_cms.referentials.models import Skill, SkillGroup
from ilo_cms.tenders.calls import create_tender
from ilo_cms.tenders.diffusion import publish
from ilo_cms.tenders.models import Invitation, Participation, Tender
from ilo_cms.tenders.recipients import add_recipients
from ilo_cms.tenders.rules import Weighted
from tests.factories import ContactFactory, EngagementFactory


CRITERIA = [Weighted("Méthode", 60), Weighted("Prix", 40, "Toutes taxes comprises")]


def in_days(days: float) -> datetime:
    """A moment from now, without microseconds."""
    return timezone.now().replace(microsecond=0) + timedelta(days=days)


def theme(code: str = "gouvernance") -> Skill:
    """A theme, made once."""
    group = SkillGroup.objects.get_or_create(code="g", defaults={"label": "Groupe"})[0]
    said = {"label": code.title(), "group": group}
    return Skill.objects.get_or_create(code=code, defaults=said)[0]


def a_draft(engagement: Engagement | None = None, *, criteria=CRITERIA, **values) -> Tender:
    """A tender that could be sent, but for its recipients."""
    engagement = engagement or EngagementFactory()
    said = {
        "title": "Diagnostic de gouvernance",
        "need": "<p>Clarifier les rôles.</p>",
        "themes": [theme()],
        "participation_deadline": in_days(7),
        "questions_deadline": in_days(10),
        "deposit_deadline": in_days(14),
    }
    return create_tender(
        key=values.pop("key", None) or uuid4(),
        engagement=engagement,
        acting_user=values.pop("acting_user", None) or engagement.officer.user,
        criteria=criteria,
        **said | values,
    )


def again(tender: Tender) -> Tender:
    """The tender as it is now."""
    return Tender.objects.select_related("engagement__operator", "officer__user").get(pk=tender.pk)


def boss(tender: Tender):
    """The officer who runs a tender."""
    return tender.engagement.officer.user


def choose(tender: Tender, *organisations: Organisation) -> list[Invitation]:
    """Add recipients as the tender's officer."""
    return add_recipients(
        tender=tender, organisations=organisations, because={}, acting_user=boss(tender)
    )


def a_sent_tender(*organisations: Organisation, **values) -> Tender:
    """A tender sent to these organisations, or to one with a contact."""
    tender = a_draft(**values)
    choose(tender, *(organisations or [ContactFactory().organisation]))
    return publish(tender=tender, seen=again(tender).revision, acting_user=boss(tender))


def pass_deadlines(tender: Tender, *, answers: bool = True, deposits: bool = False) -> Tender:
    """Put deadlines behind us, as time would."""
    now = database_now()
    values = {}
    if answers:
        values["participation_deadline"] = now - timedelta(hours=2)
    if deposits:
        values["deposit_deadline"] = now - timedelta(hours=1)
        values["questions_deadline"] = now - timedelta(hours=1)
    if tender.published_at:
        values["published_at"] = min(tender.published_at, now - timedelta(days=1))
    Tender.objects.filter(pk=tender.pk).update(**values)
    return again(tender)


def accept(tender: Tender, organisation: Organisation | None = None) -> None:
    """Have the invited (or one of them) accept."""
    rows = Invitation.objects.filter(tender=tender)
    rows = rows.filter(organisation=organisation) if organisation else rows
    rows.update(participation=Participation.ACCEPTED, answered_at=timezone.now())


def told(kind: str) -> list:
    """Who was told of a kind, in order of names."""
    rows = Notification.objects.filter(kind=kind).select_related("recipient")
    return sorted((row.recipient for row in rows), key=lambda person: person.last_name)
