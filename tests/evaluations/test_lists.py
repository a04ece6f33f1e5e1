"""Lists, results and their exports: constant queries, exactly what may be read."""

import csv

import pytest
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.evaluations.models import EvaluationAnswer, SatisfactionAnswer
from ilo_cms.evaluations.services.evaluations import reply_to, share
from tests.evaluations.factories import EvaluationFactory, GridFactory, SatisfactionRequestFactory
from tests.factories import AssignmentFactory, ContactFactory
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return an_officer()


def queries(client, address, django_assert_max_num_queries) -> int:
    """How many queries a page makes, once warm."""
    client.get(address)
    with django_assert_max_num_queries(200) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


def answered(officer, grid, satisfaction):
    """One evaluation and one form of this officer, both answered."""
    row = EvaluationFactory(finished=True, grid=grid, assignment__engagement__officer=officer)
    form = SatisfactionRequestFactory(answered=True, grid=satisfaction, engagement__officer=officer)
    first = grid.current_version.questions.first()
    EvaluationAnswer.objects.create(evaluation=row, question=first, note=4)
    first = satisfaction.current_version.questions.first()
    SatisfactionAnswer.objects.create(request=form, question=first, note=2)


def test_the_list_says_in_french_whether_the_provider_replied(officer):
    row = EvaluationFactory(shared=True, assignment__engagement__officer=officer.officer)
    client = as_(officer)
    assert ">non<" in "".join(client.get(reverse("evaluation_list:index")).text.split())
    reply_to(evaluation=row, text="Merci.", acting_as=row.assignment.contact)
    assert ">oui<" in "".join(client.get(reverse("evaluation_list:index")).text.split())


def test_pages_make_as_many_queries_for_20_rows_as_for_2(officer, django_assert_max_num_queries):
    grid, satisfaction = GridFactory(), GridFactory(satisfaction=True)
    client = as_(officer)
    pages = [
        reverse("evaluation_list:index"),
        reverse("satisfaction_request:index"),
        reverse("grid:index"),
        reverse("evaluation_start"),
        reverse("satisfaction_start"),
        reverse("grid_results", args=[grid.pk, 1]),
        reverse("grid_results", args=[satisfaction.pk, 1]),
    ]
    for _ in range(2):
        answered(officer.officer, grid, satisfaction)
    few = [queries(client, page, django_assert_max_num_queries) for page in pages]
    for _ in range(18):
        answered(officer.officer, grid, satisfaction)
    many = [queries(client, page, django_assert_max_num_queries) for page in pages]
    assert many == few


def read_csv(client, address):
    text = b"".join(client.get(address)).decode("utf-8-sig")
    return list(csv.reader(text.splitlines(), delimiter=";"))


def test_the_export_holds_what_the_list_shows(officer):
    mine = EvaluationFactory(
        finished=True, assignment__engagement__officer=officer.officer, assignment__label="Mienne"
    )
    shared = EvaluationFactory(finished=True, assignment__label="Partagée")
    share(evaluation=shared, acting_user=shared.saved_by)
    EvaluationFactory(finished=True, assignment__label="Secrète")
    client, index = as_(officer), reverse("evaluation_list:index")
    assert {row[0] for row in read_csv(client, f"{index}?export=csv")[1:]} == {
        "Mienne",
        "Partagée",
    }
    filtered = read_csv(client, f"{index}?export=csv&etat=terminee")
    assert [row[0] for row in filtered[1:]] == ["Mienne"]
    assert mine.admin_path in client.get(index).text


def test_results_count_each_answer_and_export_each_row(officer):
    grid, satisfaction = GridFactory(), GridFactory(satisfaction=True)
    answered(officer.officer, grid, satisfaction)
    address = reverse("grid_results", args=[satisfaction.pk, 1])
    client = as_(officer)
    page = client.get(address).text
    assert "1 réponse" in page and "moyenne 2.00 sur 5" in page.replace("2,00", "2.00")
    rows = read_csv(client, f"{address}?export=csv")
    assert rows[0][4:] == ["Qualité", "Délais", "Objectifs", "Remarques"]
    assert rows[1][4:] == ["2", "", "", ""]
    assert AuditEvent.objects.filter(action="records.exported").exists()
    assert "0 réponse" in as_(an_officer()).get(address).text


def test_a_reply_is_refused_with_its_text_kept(sign_in):
    row = EvaluationFactory(shared=True)
    contact = row.assignment.contact
    client = sign_in(contact.user, contact)
    page = client.get(row.path)
    assert "porte sur cette prestation" in page.text
    typed = {"acting_as": str(contact.pk), "reply": "x" * 2001}
    page = client.post(row.path, typed)
    assert page.status_code == 422 and "x" * 2001 in page.text
    page = client.post(row.path, typed | {"reply": "Merci."}, follow=True)
    assert "Votre réponse est envoyée" in page.text and "Merci." in page.text
    page = client.post(row.path, typed | {"reply": "Encore."})
    assert page.status_code == 403 and "Encore." in page.text


def test_the_fragment_shows_what_is_shared_only(sign_in, rf):
    from ilo_cms.extranet.templatetags.evaluations import assignment_evaluations

    row = EvaluationFactory(shared=True)
    request = rf.get("/")
    for contact, seen in ((row.assignment.contact, 1), (ContactFactory(), 0)):
        request.contact = contact
        found = assignment_evaluations({"request": request}, row.assignment)
        assert len(found["evaluations"]) == seen
    assert not assignment_evaluations({"request": request}, AssignmentFactory())["evaluations"]
