"""An officer moves the date of a request: once, logged, told, and never unread (SPEC D4)."""

from datetime import timedelta
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.document_requests import answers, services
from ilo_cms.document_requests.models import DocumentRequest
from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.models import Notification
from tests.document_requests.conftest import in_days, judge, put
from tests.factories import DocumentRequestFactory, EngagementFactory
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db


def move(asked, officer, days=30, **more):
    """Move its date from the one it has now."""
    seen = DocumentRequest.objects.get(pk=asked.pk).due_on
    fields = {"request": asked, "due_on": in_days(days), "seen": seen, "reason": "Vos congés."}
    return services.reschedule(**fields | {"acting_user": officer} | more)


def due(asked):
    return DocumentRequest.objects.get(pk=asked.pk).due_on


def test_the_organisation_is_told_both_dates(officer, contact, asked):
    former = asked.due_on
    move(asked, officer)
    assert due(asked) == in_days(30)
    notice = Notification.objects.get(kind="document_request.rescheduled")
    assert notice.recipient == contact.user and still_true(notice)
    for words in (f"{in_days(30):%d/%m/%Y}", f"{former:%d/%m/%Y}", "Vos congés."):
        assert words in notice.text
    assert AuditEvent.objects.filter(action="document_request.rescheduled").count() == 1


def test_a_late_request_is_late_no_more(officer, contact, store, types):
    late = DocumentRequestFactory(organisation=contact.organisation, asked_by=officer, late=True)
    assert DocumentRequest.objects.late().get() == late
    move(late, officer, days=0)
    assert not DocumentRequest.objects.late().exists()


def test_sent_twice_it_moves_once(officer, asked):
    former = asked.due_on
    move(asked, officer)
    move(asked, officer, seen=former)
    assert Notification.objects.filter(kind="document_request.rescheduled").count() == 1


def test_the_move_of_a_colleague_is_not_undone_unread(officer, asked):
    former = asked.due_on
    move(asked, officer)
    with pytest.raises(ValidationError, match="vient d’être changée"):
        move(asked, an_officer(), days=40, seen=former)
    assert due(asked) == in_days(30)


def test_what_cannot_be_moved_is_said(officer, contact, asked):
    with pytest.raises(ValidationError, match="date est passée"):
        move(asked, officer, days=-1)
    with pytest.raises(ValidationError, match="déjà la date"):
        move(asked, officer, due_on=asked.due_on)
    put(asked, contact, "cv", name="cv.pdf")
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    with pytest.raises(ValidationError, match="tout envoyé"):
        move(asked, officer)
    judge(asked, officer, "cv", accepted=False, reason="Illisible.")
    move(asked, officer)
    services.cancel(request=asked, reason="Abandon.", acting_user=officer)
    with pytest.raises(ValidationError, match="annulée"):
        move(asked, officer, days=50)


def test_another_team_moves_nothing(officer, contact, store, types):
    engagement = EngagementFactory(officer=officer.officer, beneficiary=contact.organisation)
    asked = DocumentRequestFactory(
        organisation=contact.organisation, asked_by=officer, engagement=engagement
    )
    with pytest.raises(PermissionDenied):
        move(asked, an_officer())
    address = reverse("document_request_reschedule", args=[asked.pk])
    assert as_(an_officer()).post(address).status_code == 404


def test_the_page_offers_it_while_something_is_awaited(officer, contact, asked):
    client, address = as_(officer), reverse("document_request_reschedule", args=[asked.pk])
    page = client.get(services.officer_path(asked)).content.decode()
    assert "Changer la date" in page and "pièces validées (ZIP)" not in page
    data = {"seen": f"{asked.due_on}", "due_on": f"{in_days(21)}", "reason": ""}
    page = client.post(address, data, follow=True).content.decode()
    assert "La date est changée" in page and due(asked) == in_days(21)
    page = unescape(client.post(address, {"seen": "x", "due_on": ""}).content.decode())
    assert "Donnez une nouvelle date" in page and due(asked) == in_days(21)
    past = data | {"seen": f"{in_days(21)}", "due_on": f"{in_days(0) - timedelta(days=9)}"}
    assert "date est passée" in client.post(address, past, follow=True).content.decode()


def refused(asked, officer, act, **typed):
    """What the page says, and shows again, of a form that was refused."""
    address = reverse(f"document_request_{act}", args=[asked.pk])
    answer = as_(officer).post(address, typed)
    page = unescape(answer.content.decode())
    assert answer.status_code in {403, 422} and "Rien n’est enregistré." in page
    return page


def test_a_refused_date_keeps_the_reason_and_can_be_sent_again(officer, asked):
    former, reason = asked.due_on, "Vous êtes en congé."
    page = refused(asked, officer, "reschedule", seen=former, due_on=in_days(-2), reason=reason)
    assert "date est passée" in page and page.count(reason) == 1
    move(asked, officer)
    page = refused(asked, officer, "reschedule", seen=former, due_on=in_days(40), reason=reason)
    assert "vient d’être changée" in page and reason in page
    seen = in_days(30)
    assert f'name="seen" value="{seen:%Y-%m-%d}"' in page
    data = {"seen": seen, "due_on": in_days(40), "reason": reason}
    as_(officer).post(reverse("document_request_reschedule", args=[asked.pk]), data)
    assert due(asked) == in_days(40)


def test_a_refused_cancellation_or_reopening_keeps_what_was_typed(officer, asked):
    assert "Dites pourquoi" in refused(asked, officer, "cancel", reason=" ")
    services.cancel(request=asked, reason="Abandon.", acting_user=officer)
    page = refused(asked, officer, "cancel", reason="Trop tard pour la convention.")
    assert "Vous aviez écrit" in page and "Trop tard pour la convention." in page
    reason = "La convention est signée."
    page = refused(asked, officer, "reopen", reason=reason, due_on=in_days(-1))
    assert "date est passée" in page and page.count(reason) == 1
    assert DocumentRequest.objects.get(pk=asked.pk).cancelled_at


def test_a_reopening_that_is_not_allowed_keeps_what_was_typed(officer, asked):
    services.cancel(request=asked, reason="Abandon.", acting_user=officer)
    type(asked.organisation).objects.update(is_active=False)
    reason = "La convention est signée."
    assert reason in refused(asked, officer, "reopen", reason=reason, due_on=in_days(9))
