"""Engagements and assignments: the operator's team edits, the others see that they exist (A10)."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from ilo_cms.engagements.models import Engagement
from ilo_cms.engagements.policies import (
    can_edit_assignment,
    can_edit_engagement,
    can_read_assignment_details,
)
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    EngagementFactory,
    OfficerFactory,
    OrganisationFactory,
    UserFactory,
    fictional_siren,
)
from tests.helpers.amounts import says
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


def test_who_edits_and_reads():
    assignment = AssignmentFactory()
    engagement = assignment.engagement
    colleague = OfficerFactory(operator=engagement.operator)
    gone = OfficerFactory(operator=engagement.operator, gone=True)
    elsewhere, administrator = OfficerFactory(), UserFactory(administrator=True)
    for user, edits, reads in (
        (colleague.user, True, True),
        (gone.user, False, False),
        (elsewhere.user, False, False),
        (administrator, False, True),
        (assignment.contact.user, False, False),
    ):
        assert bool(can_edit_engagement(user, engagement)) is edits
        assert bool(can_edit_assignment(user, assignment)) is edits
        assert bool(can_read_assignment_details(user, assignment)) is reads


SECRETS = ["Structure secrète", "Établissement secret", "Intervenant secret"]


@pytest.fixture
def secret_assignment():
    """An assignment whose details are recognised wherever they appear."""
    return AssignmentFactory(
        label="Mobiliser les bénévoles",
        contact__organisation__name="Structure secrète",
        contact__establishment__name="Établissement secret",
        contact__user__last_name="Intervenant secret",
        engagement__title="Accompagnement 1",
        amount="9876.54",
    )


def pages(client, assignment):
    """Everything that shows an assignment."""
    index = reverse("assignment:index")
    yield client.get(index).text
    yield client.get(reverse("assignment:index_results")).text
    yield client.get(index + "?export=csv").getvalue().decode()
    yield client.get(reverse("assignment:inspect", args=[assignment.pk])).text


def test_officers_elsewhere_see_that_an_assignment_exists_and_no_more(secret_assignment):
    for text in pages(as_(an_officer()), secret_assignment):
        assert "Mobiliser les bénévoles" in text
        assert secret_assignment.engagement.beneficiary.name in text
        assert not [secret for secret in SECRETS if secret in text] and not says(text, "9876.54")


def test_the_team_and_administrators_see_the_details(secret_assignment):
    colleague = an_officer(operator=secret_assignment.engagement.operator)
    for user in (colleague, an_administrator()):
        for text in pages(as_(user), secret_assignment):
            assert "Structure secrète" in text and says(text, "9876.54")


@pytest.mark.usefixtures("indexed")
def test_details_cannot_be_guessed_by_search_or_order(secret_assignment):
    client = as_(an_officer())
    AssignmentFactory(amount=1)
    for query in ("q=secrète", "q=Intervenant"):
        page = client.get(reverse("assignment:index") + f"?{query}")
        assert not page.context["object_list"]
    ordered = [
        list(client.get(reverse("assignment:index") + f"?ordering={order}").context["object_list"])
        for order in ("amount", "-amount")
    ]
    assert ordered[0] == ordered[1]
    assert "ordering=amount" not in client.get(reverse("assignment:index")).text


def test_the_chooser_offers_the_open_engagements_of_the_team_with_their_beneficiary():
    mine = EngagementFactory(title="Le mien")
    closed = EngagementFactory(title="Clos", operator=mine.operator, closed_on=mine.opened_on)
    EngagementFactory(title="Ailleurs")
    client = as_(an_officer(operator=mine.operator))
    page = client.get(reverse("engagement_chooser:choose_results"))
    assert [row.title for row in page.context["results"]] == ["Le mien"]
    assert mine.beneficiary.name in page.text
    assert client.get(reverse("engagement_chooser:chosen", args=[closed.pk])).status_code == 404


def engagement_values(**changed):
    """What an officer types."""
    return {
        "key": str(uuid4()),
        "title": "Structurer la gouvernance",
        "siren": OrganisationFactory(beneficiary=True).siren,
        "opened_on": "2026-02-01",
    } | changed


def test_an_officer_opens_engagements_for_their_operator_only():
    user = an_officer()
    client = as_(user)
    foreign = engagement_values(officer=OfficerFactory().pk)
    assert client.post(reverse("engagement_open"), foreign).status_code == 422
    mine = engagement_values(officer=user.officer.pk)
    assert client.post(reverse("engagement_open"), mine).status_code == 302
    assert Engagement.objects.get().operator == user.officer.operator


def test_a_beneficiary_that_nobody_knows_is_created_once_named():
    user = an_officer()
    siren = fictional_siren(78_001)
    typed = engagement_values(siren=siren, officer=user.officer.pk)
    page = as_(user).post(reverse("engagement_open"), typed)
    assert "name" in page.context["form"].errors
    assert (
        as_(user).post(reverse("engagement_open"), typed | {"name": "La Ruche"}).status_code == 302
    )
    assert Engagement.objects.get().beneficiary.siren == siren


def test_a_foreign_engagement_and_its_assignments_are_not_edited():
    client = as_(an_officer())
    assignment = AssignmentFactory()
    for address in (
        reverse("engagement:edit", args=[assignment.engagement.pk]),
        reverse("assignment:edit", args=[assignment.pk]),
    ):
        assert client.post(address, engagement_values(label="x")).status_code == 302
    assignment.refresh_from_db()
    assert assignment.label != "x"


def test_an_assignment_is_not_hung_on_a_foreign_engagement():
    user = an_officer()
    client = as_(user)
    data = {"label": "Prestation", "status": "prevue"}
    for engagement, status in (
        (EngagementFactory(), 200),
        (EngagementFactory(officer=user.officer), 302),
    ):
        response = client.post(reverse("assignment:add"), data | {"engagement": engagement.pk})
        assert response.status_code == status


def test_the_same_form_sent_twice_plans_one_assignment():
    user = an_officer()
    client, engagement = as_(user), EngagementFactory(officer=user.officer)
    shown = client.get(reverse("assignment:add"))
    key = shown.context["form"]["key"].value()
    assert f'value="{key}"' in shown.content.decode()
    for _ in range(2):
        data = {"label": "Prestation", "engagement": engagement.pk, "key": key}
        assert client.post(reverse("assignment:add"), data).status_code == 302
    assert str(engagement.assignments.get().pk) == key


def test_the_place_and_person_of_an_assignment_belong_to_its_provider():
    user = an_officer()
    provider, other = ContactFactory(), ContactFactory()
    data = {
        "label": "Prestation",
        "status": "prevue",
        "engagement": EngagementFactory(officer=user.officer).pk,
        "provider": provider.organisation.pk,
        "establishment": other.establishment.pk,
        "contact": other.pk,
    }
    page = as_(user).post(reverse("assignment:add"), data)
    assert page.context["form"].errors.keys() == {"establishment", "contact"}


def test_each_fault_is_said_once_at_its_field():
    user = an_officer()
    data = {
        "label": "Prestation",
        "engagement": EngagementFactory(officer=user.officer).pk,
        "amount": "-50",
        "days": "-2",
        "starts_on": "2026-03-02",
        "ends_on": "2026-03-01",
    }
    errors = as_(user).post(reverse("assignment:add"), data).context["form"].errors
    assert errors == {
        "amount": ["Un montant ne peut pas être négatif."],
        "days": ["Un nombre de jours ne peut pas être négatif."],
        "ends_on": ["La date de fin précède la date de début."],
    }
    page = as_(user).post(reverse("assignment:add"), {"label": "Sans accompagnement"})
    assert page.context["form"].errors.keys() == {"engagement"}


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("3200,50", "3200.50"),
        ("3 200,50", "3200.50"),
        ("3\u202f200,50\xa0€", "3200.50"),
        ("3\xa0200,5", "3200.50"),
        ("12.5", "12.50"),
    ],
)
def test_an_amount_is_typed_in_french(typed, amount):
    """In a browser that is not French a number input would read 320050."""
    assignment = AssignmentFactory()
    client = as_(an_officer(operator=assignment.engagement.operator))
    address = reverse("assignment:edit", args=[assignment.pk])
    page = client.get(address)
    form = page.context["form"]
    assert 'type="number"' not in str(form["amount"]) and 'type="number"' not in str(form["days"])
    data = {name: form[name].value() or "" for name in form.fields}
    answer = client.post(address, data | {"amount": typed})
    assert answer.status_code == 302
    assignment.refresh_from_db()
    assert assignment.amount == Decimal(amount)
