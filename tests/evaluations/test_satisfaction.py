"""Sending, reminding, answering once: who, when, and what is told (SPEC E10)."""

from urllib.parse import urlencode

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.engagements.models import Stage, StageEntry
from ilo_cms.evaluations.models import SatisfactionRequest
from ilo_cms.evaluations.services.satisfaction import answer, remind, send
from ilo_cms.extranet.views import evaluations
from ilo_cms.notifications.models import Notification
from tests.evaluations.factories import GridFactory, SatisfactionRequestFactory
from tests.factories import ContactFactory, EngagementFactory, OfficerFactory
from tests.helpers.intranet import as_, open_intranet


pytestmark = pytest.mark.django_db


@pytest.fixture
def asked():
    return SatisfactionRequestFactory()


def questions(request):
    return list(request.version.questions.all())


def reply(request, note=4, contact=None):
    values = {questions(request)[0].pk: note}
    answer(request=request, values=values, acting_as=contact or request.contact)


def send_to(contacts, engagement, **fields):
    words = {"stage": "", "grid": GridFactory(satisfaction=True)} | fields
    return send(
        engagement=engagement,
        contacts=contacts,
        acting_user=fields.pop("acting_user", engagement.officer.user),
        **{name: words[name] for name in ("stage", "grid")},
    )


def test_a_form_goes_to_each_chosen_contact_once():
    engagement = EngagementFactory(closed=True)
    people = [ContactFactory(organisation=engagement.beneficiary) for _ in range(2)]
    grid = GridFactory(satisfaction=True)
    assert len(send_to(people[:1], engagement, grid=grid)) == 1
    assert len(send_to(people, engagement, grid=grid)) == 1
    with pytest.raises(ValidationError, match="déjà reçu"):
        send_to(people, engagement, grid=grid)
    told = Notification.objects.filter(kind="satisfaction.sent")
    assert {notice.recipient for notice in told} == {contact.user for contact in people}


def test_to_whom_and_when_it_may_be_sent():
    engagement = EngagementFactory()
    contact = ContactFactory(organisation=engagement.beneficiary)
    with pytest.raises(PermissionDenied, match="pas à son terme"):
        send_to([contact], engagement)
    with pytest.raises(PermissionDenied, match="pas encore entré"):
        send_to([contact], engagement, stage=Stage.DIAGNOSIS)
    StageEntry.objects.create(engagement=engagement, stage="diagnostic", entered_on="2026-02-01")
    with pytest.raises(PermissionDenied):
        send_to([contact], engagement, stage="diagnostic", acting_user=OfficerFactory().user)
    with pytest.raises(ValidationError, match="pas un contact"):
        send_to([ContactFactory()], engagement, stage="diagnostic")
    gone = ContactFactory(organisation=engagement.beneficiary, former=True)
    with pytest.raises(ValidationError, match="accès"):
        send_to([gone], engagement, stage="diagnostic")
    with pytest.raises(ValidationError, match="proposé"):
        send_to([contact], engagement, stage="diagnostic", grid=GridFactory())
    assert len(send_to([contact], engagement, stage="diagnostic")) == 1


def test_an_answer_is_given_once_and_told(asked):
    reply(asked)
    asked.refresh_from_db()
    assert asked.state == "répondu" and asked.answers.get().note == 4
    notice = Notification.objects.get(kind="satisfaction.answered")
    assert notice.recipient == asked.sent_by
    with pytest.raises(PermissionDenied, match="déjà répondu"):
        reply(asked, note=1)
    assert asked.answers.get().note == 4


def test_who_left_is_told_nothing(asked):
    asked.sent_by.officer.is_active = False
    asked.sent_by.officer.save()
    reply(asked)
    assert not Notification.objects.filter(kind="satisfaction.answered").exists()


def test_nobody_else_answers(asked):
    for contact in (ContactFactory(organisation=asked.contact.organisation), ContactFactory()):
        with pytest.raises(PermissionDenied):
            reply(asked, contact=contact)


def test_a_reminder_stops_with_the_answer_and_comes_once_a_day(asked, time_machine):
    with pytest.raises(PermissionDenied, match="aujourd’hui"):
        remind(request=asked, acting_user=asked.sent_by)
    time_machine.move_to(asked.sent_at.replace(year=asked.sent_at.year + 1), tick=False)
    with pytest.raises(PermissionDenied):
        remind(request=asked, acting_user=OfficerFactory().user)
    remind(request=asked, acting_user=asked.sent_by)
    with pytest.raises(PermissionDenied, match="aujourd’hui"):
        remind(request=asked, acting_user=asked.sent_by)
    time_machine.shift(2 * 86400)
    reply(asked)
    with pytest.raises(PermissionDenied, match="déjà répondu"):
        remind(request=asked, acting_user=asked.sent_by)
    assert Notification.objects.filter(kind="satisfaction.reminded").count() == 1


def test_the_page_keeps_what_was_typed(asked, sign_in):
    client = sign_in(asked.contact.user, asked.contact)
    note, _, _, text = (f"question_{question.pk}" for question in questions(asked))
    typed = {"acting_as": str(asked.contact.pk), text: "Très utile"}
    page = client.post(asked.path, typed)
    assert page.status_code == 422
    assert "Très utile" in page.text and "elle est obligatoire" in page.text
    page = client.post(asked.path, typed | {note: "4"}, follow=True)
    assert "Vous avez répondu" in page.text and "4 sur 5" in page.text
    assert client.post(asked.path, typed | {note: "1"}).status_code == 403
    assert asked.answers.get(note__isnull=False).note == 4


def test_a_form_opened_in_another_capacity_is_kept(asked, sign_in):
    other = ContactFactory(user=asked.contact.user)
    client = sign_in(asked.contact.user, other)
    assert client.get(asked.path).status_code == 404
    name = f"question_{questions(asked)[3].pk}"
    page = client.post(
        asked.path,
        {"acting_as": str(asked.contact.pk), name: "À garder"},
        headers={"Origin": "http://testserver"},
    )
    assert page.status_code == 409 and "votre saisie est gardée" in page.text
    client.post(reverse("structure"), {"contact": str(asked.contact.pk), "next": asked.path})
    assert "À garder" in client.get(asked.path).text


def typed(request, note: str, text: str) -> dict:
    scale, _, _, words = (f"question_{question.pk}" for question in questions(request))
    return {"acting_as": str(request.contact.pk), scale: note, words: text}


def test_what_was_typed_after_another_tab_answered_is_shown(sign_in, asked):
    client = sign_in(asked.contact.user)
    reply(asked, note=4)
    page = client.post(asked.path, typed(asked, "2", "Longue réponse"))
    assert page.status_code == 403 and "Vous avez déjà répondu" in page.text
    assert "2 sur 5" in page.text and "Longue réponse" in page.text and "4 sur 5" in page.text
    assert "n’est pas enregistré" in page.text and "<textarea" not in page.text
    same = client.post(asked.path, typed(asked, "4", ""))  # sent twice: nothing is lost
    assert same.status_code == 403 and "n’est pas enregistré" not in same.text
    assert SatisfactionRequest.objects.get().answers.get().note == 4


def test_so_it_is_when_the_other_tab_answers_in_between(sign_in, asked, monkeypatch):
    def answered_first(**given):
        reply(asked, note=4)
        return answer(**given)

    monkeypatch.setattr(evaluations, "answer", answered_first)
    page = sign_in(asked.contact.user).post(asked.path, typed(asked, "2", "Longue réponse"))
    assert page.status_code == 422 and "Vous avez déjà répondu" in page.text
    assert "Longue réponse" in page.text and "<textarea" not in page.text


def test_a_form_kept_over_a_session_that_was_answered_elsewhere_is_shown(sign_in, asked):
    client = sign_in(asked.contact.user)
    session = client.session
    session["kept_form"] = {"path": asked.path, "data": urlencode(typed(asked, "", "À garder"))}
    session.save()
    reply(asked)
    assert "À garder" in client.get(asked.path).text


def test_the_officer_sends_and_reads(asked):
    client = as_(open_intranet(asked.sent_by))
    address = reverse("engagement_satisfaction", args=[asked.engagement_id])
    colleague = ContactFactory(organisation=asked.contact.organisation)
    page = client.post(address, {"grid": str(asked.grid_id), "stage": ""})
    assert page.status_code == 422 and "Cochez au moins une personne" in page.text
    data = {"grid": str(asked.grid_id), "stage": "", "contacts": [str(colleague.pk)]}
    assert client.post(address, data).status_code == 302
    assert SatisfactionRequest.objects.filter(contact=colleague).exists()
    page = client.post(address, data)
    assert page.status_code == 422 and "déjà reçu" in page.text
    reply(asked)
    assert "4 sur 5" in client.get(asked.admin_path).text


def test_the_form_offers_only_what_may_be_sent(asked):
    """Before the end not the whole, and no stage that was withdrawn; the present one is chosen."""
    engagement = EngagementFactory(officer=asked.engagement.officer)
    for rank, stage in enumerate((Stage.RECEPTION, Stage.DIAGNOSIS, Stage.FOLLOW_UP)):
        StageEntry.objects.create(
            engagement=engagement, stage=stage, entered_on="2026-02-01", rank=rank
        )
    client = as_(open_intranet(engagement.officer.user))
    address = reverse("engagement_satisfaction", args=[engagement.pk])
    offered = client.get(address).context["form"]["stage"].field
    assert [value for value, _ in offered.choices][0] == ""
    engagement.stage_entries.filter(stage=Stage.FOLLOW_UP).update(withdrawn_at=timezone.now())
    offered = client.get(address).context["form"]["stage"].field
    assert [value for value, _ in offered.choices] == [Stage.RECEPTION, Stage.DIAGNOSIS]
    assert offered.initial == Stage.DIAGNOSIS


def test_a_stage_keeps_its_name_and_stands_in_no_second_quotation_marks(sign_in):
    engagement = EngagementFactory(title="Accompagnement 2026", closed_on="2026-06-30")
    StageEntry.objects.create(
        engagement=engagement, stage=Stage.DIAGNOSIS, entered_on="2026-02-01", rank=0
    )
    contact = ContactFactory(organisation=engagement.beneficiary)
    send_to([contact], engagement, stage=Stage.DIAGNOSIS)
    told = Notification.objects.get(kind="satisfaction.sent").text
    assert "sur « Accompagnement 2026 (étape Diagnostic partagé) »." in told
    assert "étape « Diagnostic partagé »" in sign_in(contact.user).get("/").text
