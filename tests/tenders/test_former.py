"""Who left an invited organisation reads what was there by then, and nothing later (SPEC A7)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from ilo_cms.documents.models import Document, Reach
from ilo_cms.tenders.diffusion import amend
from ilo_cms.tenders.models import (
    EventKind,
    Invitation,
    Participation,
    Tender,
    TenderAttachment,
    TenderEvent,
)
from tests.factories import ContactFactory, DocumentFactory
from tests.tenders.drafts import a_sent_tender, again, in_days, pass_deadlines


pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """One who left two days ago, and a colleague who stays."""
    left = ContactFactory(ended_on=timezone.localdate() - timedelta(days=2))
    return left, ContactFactory(organisation=left.organisation)


@pytest.fixture
def tender(people):
    """A tender sent to their organisation five days ago."""
    row = a_sent_tender(people[0].organisation)
    Tender.objects.filter(pk=row.pk).update(published_at=in_days(-5))
    Invitation.objects.update(invited_at=in_days(-5))
    return again(row)


def page(client, contact, name, *args):
    client.force_login(contact.user)
    return client.get(reverse(name, args=args)).content.decode()


def attached(tender, title, days):
    """A file that came with the tender so many days ago."""
    document = DocumentFactory(reach=Reach.PARTIES, organisation=tender.engagement.operator)
    row = TenderAttachment.objects.create(tender=tender, title=title, document=document)
    TenderAttachment.objects.filter(pk=row.pk).update(added_at=in_days(-days))
    return row


def test_files_stop_at_the_day_of_leaving(client, tender, people):
    left, stays = people
    before, on_the_day, after = (attached(tender, f"Pièce {days}", days) for days in (4, 2, 1))
    known = {row.title for row in TenderAttachment.objects.known_to(left)}
    assert known == {before.title, on_the_day.title}
    text = page(client, left, "tender", tender.pk)
    assert before.title in text
    assert after.title not in text
    assert after.title in page(client, stays, "tender", tender.pk)
    for contact, rows in ((left, [before, on_the_day]), (stays, [before, on_the_day, after])):
        read = Document.objects.visible_to(contact.user, contact)
        files = read.filter(tender_attachments__isnull=False)
        assert {*files} == {row.document for row in rows}
    TenderAttachment.objects.update(withdrawn_at=timezone.now())
    assert not TenderAttachment.objects.known_to(left).exists()


@pytest.mark.parametrize("what", ["running", "waiting", "cancelled"])
def test_neither_page_nor_list_tells_where_it_stands_since(client, tender, people, what):
    left, stays = people
    if what == "waiting":
        pass_deadlines(tender, deposits=True)
    if what == "cancelled":
        said = {"cancelled_at": timezone.now(), "cancel_reason": "Plus de besoin."}
        Tender.objects.filter(pk=tender.pk).update(**said)
    told = {
        "running": ("accepter ou décliner", "Réponses de participation"),
        "waiting": ("Le dépôt a fermé", "À ouvrir"),
        "cancelled": ("Plus de besoin.", "Annulée"),
    }
    sentence, badge = told[what]
    for name, args in (("tender", [tender.pk]), ("tenders", [])):
        text = page(client, left, name, *args)
        assert "Vous avez quitté votre structure le" in text
        assert sentence not in text
        assert 'class="steps"' not in text
        assert sentence in page(client, stays, name, *args)
    assert badge in page(client, stays, "tenders")
    assert badge not in page(client, left, "tenders")


def test_the_days_that_move_with_the_deadlines_are_not_told_since(client, tender, people):
    Tender.objects.filter(pk=tender.pk).update(decision_on="2098-07-14", starts_on="2098-09-01")
    for contact, count in zip(people, (0, 2), strict=True):
        assert page(client, contact, "tender", tender.pk).count(" 2098</dd>") == count


def test_an_answer_given_since_is_not_told_and_one_given_before_is(client, tender, people):
    left, stays = people
    places = Invitation.objects.filter(tender=tender)
    said = {"participation": Participation.DECLINED, "decline_reason": "Équipe complète."}
    places.update(answered_at=in_days(-1), taken_by=stays, taken_at=in_days(-1), **said)
    text = page(client, left, "tender", tender.pk)
    assert "Équipe complète." not in text
    assert str(stays.user) not in text
    assert "Déclinée" not in page(client, left, "tenders")
    assert "Équipe complète." in page(client, stays, "tender", tender.pk)
    places.update(answered_at=in_days(-4), taken_at=in_days(-4))
    text = page(client, left, "tender", tender.pk)
    assert "Équipe complète." in text
    assert f"<strong>{stays.user}</strong> s’en occupe" in text
    assert "Déclinée" in page(client, left, "tenders")


def test_the_answer_to_a_question_of_their_own_is_not_told_when_it_came_after(
    client, tender, people
):
    left, stays = people
    tender.questions.create(
        invitation=tender.invitations.get(),
        asked_by=left,
        text="Où cela ?",
        asked_at=in_days(-4),
        answer="À Lyon.",
        answered_at=in_days(-1),
    )
    text = page(client, left, "tender", tender.pk)
    assert "Où cela ?" in text
    assert "À Lyon." not in text
    assert "À Lyon." in page(client, stays, "tender", tender.pk)
    tender.questions.update(answered_at=in_days(-3))
    assert "À Lyon." in page(client, left, "tender", tender.pk)


@pytest.mark.parametrize("after", [False, True])
def test_what_is_asked_since_is_not_theirs_to_read(client, tender, people, after):
    left, stays = people
    amend(
        tender=tender,
        values={"need": "<p>Un besoin revu.</p>", "budget": Decimal(7777)},
        message="Plus large.",
        is_requirement=True,
        seen=tender.revision,
        acting_user=tender.officer.user,
    )
    Tender.objects.update(is_budget_shown=True)
    TenderEvent.objects.filter(kind=EventKind.AMENDED).update(at=in_days(-1 if after else -3))
    said = page(client, left, "tender", tender.pk)
    for words in ("Un besoin revu.", "<dt>Budget</dt>", "Critères de choix"):
        assert (words in said) is not after
        assert words in page(client, stays, "tender", tender.pk)
    assert ("a changé depuis votre départ" in said) is after
