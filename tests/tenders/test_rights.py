"""Every act of officers on a tender, asked by who is not of its team: refused, nothing kept."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.referentials.models import DocumentType
from ilo_cms.tenders import attachments, calls, decisions, diffusion, elsewhere, outside, scoring
from ilo_cms.tenders.models import Channel, Question, Tender
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.questions import answer_question
from ilo_cms.tenders.recipients import add_recipients, remove_recipient
from tests.factories import (
    ContactFactory,
    DocumentTypeFactory,
    EngagementFactory,
    OfficerFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.helpers.files import pdf
from tests.helpers.intranet import an_officer
from tests.tenders.drafts import a_draft, a_sent_tender, again, choose, in_days, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, offer_type


pytestmark = pytest.mark.django_db

Act = Callable[[Tender, User], object]
#: Acts that the team itself is refused before it stated its interests.
AFTER_INTERESTS = {"score", "hand in", "agree", "decide"}


def engagement():
    """One that a real officer of the intranet runs."""
    officer = an_officer().officer
    return EngagementFactory(officer=officer, operator=officer.operator)


def draft(contact) -> Tender:
    tender = a_draft(engagement=engagement())
    choose(tender, contact.organisation)
    return again(tender)


def sent(contact) -> Tender:
    tender = a_sent_tender(contact.organisation, engagement=engagement())
    place = tender.invitations.get()
    Question.objects.create(
        tender=tender, invitation=place, asked_by=contact, text="Quand ?", asked_at=timezone.now()
    )
    return again(tender)


def to_open(contact) -> Tender:
    tender = in_deposit(contact, engagement=engagement())
    deposited(tender, contact)
    return pass_deadlines(tender, deposits=True)


def opened(contact) -> Tender:
    tender = to_open(contact)
    open_tender(tender=tender, acting_user=tender.officer.user)
    return again(tender)


def a_file(name: str = "devis.pdf") -> ContentFile:
    return ContentFile(pdf(), name=name)


def told(tender: Tender, user: User) -> dict:
    """What most acts take."""
    return {"tender": tender, "seen": tender.revision, "acting_user": user}


def enter(tender: Tender, user: User) -> object:
    return outside.enter_outside_offer(
        tender=tender, key=uuid4(), siren=OrganisationFactory().siren, channel=Channel.MAIL,
        received_at=timezone.now() - timedelta(days=1), price=Decimal(10), days=Decimal(1),
        message="", files=[(offer_type(), a_file())], acting_user=user,
    )  # fmt: skip


def attach(tender: Tender, user: User) -> object:
    kind = DocumentTypeFactory(audience=DocumentType.Audience.ENGAGEMENT)
    return attachments.attach_file(
        title="Plan", file=a_file("plan.pdf"), file_type=kind, **told(tender, user)
    )


ACTS: dict[str, tuple[Callable, Act]] = {
    "prepare": (
        draft,
        lambda t, u: a_draft(engagement=t.engagement, acting_user=u),
    ),
    "record one from elsewhere": (
        draft,
        lambda t, u: elsewhere.record_outside_tender(
            key=uuid4(), engagement=t.engagement, channel=Channel.MAIL,
            organisations=[OrganisationFactory()], acting_user=u, title="Ailleurs",
        ),
    ),
    "copy": (
        draft,
        lambda t, u: calls.copy_tender(
            tender=t, engagement=t.engagement, key=uuid4(), acting_user=u
        ),
    ),
    "edit": (draft, lambda t, u: calls.edit_tender(values={"title": "Autre"}, **told(t, u))),
    "choose": (
        draft,
        lambda t, u: add_recipients(
            tender=t, organisations=[OrganisationFactory()], because={}, acting_user=u
        ),
    ),
    "remove": (
        draft,
        lambda t, u: remove_recipient(invitation=t.invitations.get(), acting_user=u),
    ),
    "attach": (draft, attach),
    "send": (draft, lambda t, u: diffusion.publish(**told(t, u))),
    "invite more": (
        sent,
        lambda t, u: diffusion.invite_more(
            organisations=[ContactFactory().organisation], because={}, **told(t, u)
        ),
    ),
    "amend": (
        sent,
        lambda t, u: diffusion.amend(
            values={"need": "<p>Plus.</p>"}, message="Mieux.", is_requirement=False, **told(t, u)
        ),
    ),
    "move deadlines": (
        sent,
        lambda t, u: diffusion.move_deadlines(
            deadlines={"deposit_deadline": in_days(20)}, message="Plus tard.", **told(t, u)
        ),
    ),
    "cancel": (sent, lambda t, u: diffusion.cancel_tender(reason="Abandon.", **told(t, u))),
    "answer a question": (
        sent,
        lambda t, u: answer_question(
            question=Question.objects.get(), answer="Lundi.", acting_user=u
        ),
    ),
    "open": (to_open, lambda t, u: open_tender(tender=t, acting_user=u)),
    "state interests": (
        opened,
        lambda t, u: scoring.state_conflict(
            tender=t, has_conflict=False, text="", acting_user=u
        ),
    ),
    "score": (opened, lambda t, u: scoring.save_scores(tender=t, notes={}, acting_user=u)),
    "hand in": (opened, lambda t, u: scoring.hand_in(tender=t, acting_user=u)),
    "agree": (opened, lambda t, u: scoring.agree_scores(tender=t, notes={}, acting_user=u)),
    "enter an offer": (opened, enter),
    "decide": (
        opened,
        lambda t, u: decisions.decide(
            outcome="unsuccessful", offer=None, comment="Rien.", reasons={}, **told(t, u)
        ),
    ),
}  # fmt: skip


def outsiders(tender: Tender, contact) -> list[User]:
    """Who is not of the team that runs this tender."""
    left = OfficerFactory(operator=tender.engagement.operator, is_active=False)
    people = [OfficerFactory().user, left.user, UserFactory(administrator=True), contact.user]
    return [*people, UserFactory(analyst=True)]


@pytest.mark.parametrize("name", ACTS)
def test_only_the_team_acts(wired, name):
    contact = ContactFactory()
    situation, act = ACTS[name]
    tender = situation(contact)
    revision, logged = tender.revision, AuditEvent.objects.count()
    for user in outsiders(tender, contact):
        with pytest.raises(PermissionDenied):
            act(tender, user)
    assert again(tender).revision == revision
    assert AuditEvent.objects.count() == logged
    assert Tender.objects.count() == 1


@pytest.mark.parametrize("name", [name for name in ACTS if name not in AFTER_INTERESTS])
def test_the_team_acts(wired, name):
    """What outsiders are refused is possible: they were refused for who they are."""
    situation, act = ACTS[name]
    tender = situation(ContactFactory())
    logged = AuditEvent.objects.count()
    act(tender, tender.officer.user)
    assert AuditEvent.objects.count() > logged
