"""What an invited organisation says: accept, decline, take on, as the services let it (SPEC T5)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.notifications.models import Notification
from ilo_cms.tenders.models import Invitation, Participation, Tender
from ilo_cms.tenders.participation import answer_invitation, take_on
from tests.factories import ContactFactory
from tests.tenders.drafts import a_draft, a_sent_tender, choose, pass_deadlines
from tests.tenders.offers import place_of


pytestmark = pytest.mark.django_db


@pytest.fixture
def place(marina):
    return place_of(a_sent_tender(marina.organisation), marina)


def said(place: Invitation) -> tuple[str, str]:
    """What is kept of an answer."""
    row = Invitation.objects.get(pk=place.pk)
    return row.participation, row.decline_reason


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_declining_needs_a_reason(place, marina, reason):
    with pytest.raises(ValidationError) as refusal:
        answer_invitation(invitation=place, accepted=False, reason=reason, acting_as=marina)
    assert "reason" in refusal.value.error_dict
    assert said(place) == (Participation.NONE, "")


def test_one_changes_ones_mind_and_the_officer_is_told_each_time(place, marina):
    answer_invitation(invitation=place, accepted=False, reason=" Complet ", acting_as=marina)
    assert said(place) == (Participation.DECLINED, "Complet")
    answer_invitation(invitation=place, accepted=True, reason="oublié", acting_as=marina)
    assert said(place) == (Participation.ACCEPTED, "")
    assert Notification.objects.filter(kind="tender.answered").count() == 2


def test_the_same_answer_again_changes_and_tells_nothing(place, marina):
    for _ in range(2):
        answer_invitation(invitation=place, accepted=True, acting_as=marina)
    assert AuditEvent.objects.filter(action="tender.answered").count() == 1
    assert Notification.objects.filter(kind="tender.answered").count() == 1


@pytest.mark.parametrize("act", ["answer", "take_on"])
def test_only_a_contact_of_an_invited_organisation_answers(place, marina, act):
    colleague = ContactFactory(organisation=marina.organisation, former=True)
    without = ContactFactory(organisation=marina.organisation, without_access=True)
    for person in (ContactFactory(has_access=True), colleague, without):
        with pytest.raises(PermissionDenied):
            if act == "answer":
                answer_invitation(invitation=place, accepted=True, acting_as=person)
            else:
                take_on(invitation=place, acting_as=person)
    assert said(place) == (Participation.NONE, "")


def test_what_was_not_sent_is_not_answered(marina):
    draft = a_draft()
    choose(draft, marina.organisation)
    with pytest.raises(PermissionDenied):
        answer_invitation(invitation=place_of(draft, marina), accepted=True, acting_as=marina)


def test_nobody_takes_on_what_is_over(place, marina):
    assert take_on(invitation=place, acting_as=marina).taken_by == marina
    pass_deadlines(place.tender, deposits=True)
    colleague = ContactFactory(organisation=marina.organisation, has_access=True)
    with pytest.raises(ValidationError, match="plus rien"):
        take_on(invitation=place, acting_as=colleague)


def test_who_left_reads_what_was_sent_before_and_nothing_since(place, marina):
    before = place.tender
    later = a_sent_tender(marina.organisation)
    yesterday = timezone.now() - timedelta(days=1)
    Invitation.objects.filter(tender=before).update(invited_at=yesterday - timedelta(days=1))
    marina.ended_on = timezone.localdate(yesterday)
    marina.save()
    assert list(Tender.objects.known_to(marina)) == [before]
    assert later not in Tender.objects.known_to(marina)
