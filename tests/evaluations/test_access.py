"""Who reads and does what (SPEC A10, E7, E10): eight roles by shared, unshared, reply, answer."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from ilo_cms.core.policies import ALLOWED
from ilo_cms.evaluations.models import Evaluation, SatisfactionRequest
from ilo_cms.evaluations.policies import can_answer, can_reply, can_share
from ilo_cms.evaluations.services.evaluations import reply_to
from ilo_cms.extranet.views import evaluations as pages
from tests.evaluations.factories import EvaluationFactory, SatisfactionRequestFactory
from tests.factories import ContactFactory, OfficerFactory, UserFactory
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


@pytest.fixture
def shared():
    return EvaluationFactory(shared=True)


def people(evaluation, request):
    """Everyone around one evaluation and one form of the same operator, by role."""
    provider, beneficiary = evaluation.assignment.contact, request.contact
    today = timezone.localdate()
    return {
        "officer": (evaluation.saved_by, None),
        "elsewhere": (OfficerFactory().user, None),
        "provider": (provider.user, provider),
        "other provider": of(ContactFactory()),
        "former, before": of(former(provider, today - timedelta(days=1))),
        "former, after": of(former(provider, today)),
        "beneficiary": (beneficiary.user, beneficiary),
        "colleague": of(ContactFactory(organisation=beneficiary.organisation)),
        "other beneficiary": of(ContactFactory(organisation__beneficiary=True)),
        "analyst": (UserFactory(analyst=True), None),
        "administrator": (UserFactory(administrator=True), None),
    }


def of(contact):
    return contact.user, contact


def former(contact, day):
    return ContactFactory(organisation=contact.organisation, ended_on=day)


#                       unshared shared reply share  read  answer (of the form)
TABLE = {
    "officer": (True, True, False, True, True, False),
    "elsewhere": (False, True, False, False, False, False),
    "provider": (False, True, True, False, False, False),
    "other provider": (False, False, False, False, False, False),
    "former, before": (False, False, False, False, False, False),
    "former, after": (False, True, False, False, False, False),
    "beneficiary": (False, False, False, False, True, True),
    "colleague": (False, False, False, False, False, False),
    "other beneficiary": (False, False, False, False, False, False),
    "analyst": (False, False, False, False, False, False),
    "administrator": (True, True, False, False, True, False),
}


def test_the_table(shared):
    unshared = EvaluationFactory(assignment=shared.assignment, finished=True)
    form = SatisfactionRequestFactory(engagement=shared.assignment.engagement)
    found = {}
    for role, (user, contact) in people(shared, form).items():
        rows = Evaluation.objects.visible_to(user) | Evaluation.objects.shared_with(contact)
        if contact:
            rows = Evaluation.objects.shared_with(contact)
        forms = SatisfactionRequest.objects
        forms = forms.asked_of(contact) if contact else forms.visible_to(user)
        found[role] = (
            unshared in rows,
            shared in rows,
            bool(can_reply(contact, shared)),
            bool(can_share(user, unshared)),
            form in forms,
            bool(can_answer(contact, form)),
        )
    assert found == TABLE


def test_an_officer_elsewhere_never_reads_what_is_not_shared():
    unshared = EvaluationFactory(finished=True, assignment__label="Secrète")
    client = as_(an_officer())
    assert client.get(unshared.admin_path).status_code == 404
    for address in (
        reverse("evaluation_list:index"),
        reverse("evaluation_list:index") + "?export=csv",
        reverse("grid_results", args=[unshared.grid_id, 1]) + "?export=csv",
    ):
        response = client.get(address)
        text = b"".join(response) if response.streaming else response.content
        assert response.status_code == 200
        assert "Secrète" not in text.decode()
    client.post(unshared.admin_path, {"act": "share"})
    unshared.refresh_from_db()
    assert unshared.shared_at is None


def test_an_officer_who_is_also_a_contact_reads_on_the_extranet_what_is_shared_only(sign_in):
    unshared = EvaluationFactory(finished=True)
    contact = ContactFactory(user=unshared.saved_by, organisation=unshared.provider)
    assert sign_in(contact.user, contact).get(unshared.path).status_code == 404


def test_a_new_provider_of_the_assignment_does_not_read_what_was_said_of_the_former(shared):
    other = ContactFactory()
    shared.assignment.provider, shared.assignment.contact = other.organisation, other
    shared.assignment.establishment = other.establishment
    shared.assignment.save()
    assert not Evaluation.objects.shared_with(other).exists()
    unshared = EvaluationFactory(assignment=shared.assignment, finished=True)
    unshared.provider = shared.provider
    assert not can_share(unshared.saved_by, unshared)


def test_administrators_read_and_act_on_nothing(shared):
    client = as_(an_administrator())
    page = client.get(shared.admin_path)
    assert page.status_code == 200 and "Cesser le partage" not in page.text
    client.post(shared.admin_path, {"act": "unshare"})
    shared.refresh_from_db()
    assert shared.shared_at


def test_support_replies_and_answers_in_nobodys_place(shared):
    from ilo_cms.audit.services import assistant

    form = SatisfactionRequestFactory()
    token = assistant.set("admin@ilo.example")
    try:
        assert not can_reply(shared.assignment.contact, shared)
        assert not can_answer(form.contact, form)
    finally:
        assistant.reset(token)


def test_a_colleague_who_replied_in_between_costs_nobody_their_text(monkeypatch, shared):
    contact = ContactFactory(organisation=shared.provider)
    first = ContactFactory(organisation=shared.provider)
    reply_to(evaluation=shared, text="La première.", acting_as=first)
    # As the page found it a moment before.
    seen = [ALLOWED]
    monkeypatch.setattr(pages, "can_reply", lambda *of: seen.pop() if seen else can_reply(*of))
    form = {"acting_as": str(contact.pk), "reply": "Mon texte pesé."}
    page = as_(contact.user).post(shared.path, form)
    assert page.status_code == 422
    assert "Mon texte pesé." in page.text and "déjà répondu" in page.text


def test_what_ends_while_a_form_is_sent_is_said_on_its_page(monkeypatch, shared):
    def ended(**_):
        raise PermissionDenied("C’est terminé.")

    monkeypatch.setattr(pages, "answer", ended)
    monkeypatch.setattr(pages, "mark_read", ended)
    asked = SatisfactionRequestFactory()
    note = asked.version.questions.first()
    form = {"acting_as": str(asked.contact.pk), f"question_{note.pk}": "4"}
    page = as_(asked.contact.user).post(asked.path, form)
    assert page.status_code == 422 and "C’est terminé." in page.text
    contact = ContactFactory(organisation=shared.provider)
    own = {"acting_as": str(contact.pk)}
    address = reverse("evaluation_read", args=[shared.pk])
    page = as_(contact.user).post(address, own, follow=True)
    assert page.status_code == 200 and "C’est terminé." in page.text
