"""The page of one engagement in the intranet, its forms and buttons, and the budget."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from ilo_cms.core.french import number
from ilo_cms.engagements import panels
from ilo_cms.engagements.models import (
    Action,
    Assignment,
    Budget,
    Engagement,
    Resource,
    StageEntry,
)
from tests.engagements.helpers import crowd, ready, started
from tests.factories import (
    ActionFactory,
    ActionTypeFactory,
    AssignmentFactory,
    ContactFactory,
    DepartmentFactory,
    EngagementContactFactory,
    EngagementFactory,
    OfficerFactory,
    OrganisationFactory,
    ResourceFactory,
    StageEntryFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_, open_intranet


pytestmark = pytest.mark.django_db


@pytest.fixture
def engagement(wired):
    found = started()
    open_intranet(found.officer.user)
    return found


@pytest.fixture
def team(engagement):
    return as_(engagement.officer.user)


def page(engagement) -> str:
    return reverse("engagement_page", args=[engagement.pk])


def act(engagement, name) -> str:
    return reverse("engagement_act", args=[engagement.pk, name])


def fill(engagement):
    """One row of each kind."""
    assignment = ready(engagement)
    ActionFactory(engagement=engagement)
    EngagementContactFactory(engagement=engagement)
    ResourceFactory(engagement=engagement, assignment=assignment)


def test_everything_is_on_one_page(team, engagement):
    fill(engagement)
    text = team.get(page(engagement)).text
    shown = [engagement.beneficiary.name, "5\u202f400,10", "Noter « en concurrence »", "Accueil"]
    shown += [Resource.objects.get().title, "Prestation de conseil créée"]
    assert [word for word in shown if word not in text.replace("\xa0", "\u202f")] == []


def questions(client, address) -> int:
    """How many questions a visit asks of the database, once what is read once is read.

    Five come with any page of the intranet: session, person, their rights and their groups', and
    Wagtail's profile.
    """
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_the_page_asks_as_much_for_two_hundred_of_each_as_for_two(team, engagement):
    fill(engagement)
    crowd(engagement, 2)
    few = questions(team, page(engagement))
    crowd(engagement, 198)
    assert questions(team, page(engagement)) == few <= 28


def test_the_log_of_many_rows_asks_no_more(team, engagement):
    counts = []
    for size in (2, 20):
        for _ in range(size):
            fill(engagement)
        counts.append(questions(team, page(engagement)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "address",
    [
        "engagement:index",
        "engagement:index ?stage=accueil",
        "assignment:index",
        "assignment:index ?status=engagee",
    ],
)
def test_lists_do_not_ask_more_for_more_rows(team, engagement, address):
    name, _, asked = address.partition(" ")
    counts = []
    for size in (2, 200):
        crowd_of_engagements(engagement.officer, size)
        counts.append(questions(team, reverse(name) + asked))
    assert counts[0] == counts[1] <= 12


def crowd_of_engagements(officer, size) -> None:
    """Engagements of a beneficiary each, at the first stage, with an assignment."""
    provider = ContactFactory()
    engagements = [
        EngagementFactory.build(officer=officer, beneficiary=house)
        for house in OrganisationFactory.create_batch(size, beneficiary=True)
    ]
    Engagement.objects.bulk_create(engagements)
    StageEntry.objects.bulk_create(
        StageEntryFactory.build(engagement=row, entered_by=officer.user) for row in engagements
    )
    Assignment.objects.bulk_create(
        AssignmentFactory.build(
            engagement=row, contact=provider, establishment=provider.establishment
        )
        for row in engagements
    )


def test_an_upper_app_shows_its_panel(team, engagement, monkeypatch):
    monkeypatch.setattr(panels, "_panels", {})
    panels.register_panel("b", "Après", lambda *_: format_html("<p>{}</p>", "deux"), order=2)
    panels.register_panel("a", "Avant", lambda *_: format_html("<p>{}</p>", "un"), order=1)
    panels.register_panel("c", "Rien", lambda *_: None)
    text = team.get(page(engagement)).text
    assert text.index("Avant") < text.index("<p>un</p>") < text.index("Après")
    assert "Rien</h2>" not in text


def test_others_are_led_to_what_they_may_read(engagement):
    fill(engagement)
    elsewhere = as_(an_officer())
    assert elsewhere.get(page(engagement)).status_code == 302
    assert elsewhere.get(act(engagement, "clore")).status_code == 404
    history = elsewhere.get(reverse("engagement:history", args=[engagement.pk]))
    assert history.status_code == 302
    administrator = as_(an_administrator())
    text = administrator.get(page(engagement)).text
    assert "Seule l’équipe" in text and "Noter « en concurrence »" not in text


def test_one_click_enters_the_next_stage_and_a_late_one_is_told(team, engagement):
    typed = {
        "seen": str(engagement.stage_entries.get().pk),
        "stage": "diagnostic",
        "entered_on": timezone.localdate().isoformat(),
    }
    assert team.post(act(engagement, "etape"), typed).status_code == 302
    late = team.post(act(engagement, "etape"), typed)
    assert late.status_code == 422 and "entre-temps" in late.text
    assert engagement.stage_entries.count() == 2


def test_each_form_does_its_act(team, engagement):
    colleague = OfficerFactory(operator=engagement.operator)
    contact = ContactFactory(organisation=engagement.beneficiary)
    consulting = ActionTypeFactory(consulting=True)
    for name, typed in (
        ("corriger-l-etape", {"seen": str(engagement.stage_entries.get().pk),
                              "entered_on": "2026-01-20"}),
        ("action", {"key": str(uuid4()), "kind": consulting.pk, "label": "Mission"}),
        ("interlocuteur", {"person": f":{contact.pk}"}),
        ("ressource", {"key": str(uuid4()), "title": "Guide", "note": "À lire",
                       "shared_with": [str(engagement.beneficiary.pk)]}),
        ("confier", {"officer": colleague.pk}),
    ):  # fmt: skip
        assert team.get(act(engagement, name)).status_code == 200, name
        response = team.post(act(engagement, name), typed)
        assert response.status_code == 302, response.text
    stored = Engagement.objects.get(pk=engagement.pk)
    assert stored.officer == colleague and stored.participants.get().contact == contact
    assert stored.actions.get().assignment.label == "Mission"
    assert Resource.objects.visible_to(contact.user, contact).get().title == "Guide"
    refused = team.post(act(engagement, "clore"), {"closed_on": "2026-06-30", "reason": "Fin"})
    assert refused.status_code == 422 and "Mission" in refused.text
    Assignment.objects.update(status="abandonnee")
    for name, typed in (
        ("clore", {"closed_on": "2026-06-30", "reason": "Fin"}),
        ("rouvrir", {"reason": "Suite"}),
    ):
        assert team.post(act(engagement, name), typed).status_code == 302
    assert team.get(act(engagement, "inconnu")).status_code == 404


def test_each_button_does_its_act(team, engagement):
    assignment = ready(engagement)
    line, resource = ActionFactory(engagement=engagement), ResourceFactory(engagement=engagement)
    people = [EngagementContactFactory(engagement=engagement) for _ in range(2)]
    party = str(engagement.beneficiary.pk)
    for name, row, typed in (
        ("assignment_step", assignment, {"step": "engage"}),
        ("engagement_action", line, {"do": "up"}),
        ("engagement_action", line, {"state": "faite"}),
        ("engagement_participant", people[0], {"do": "main"}),
        ("engagement_participant", people[1], {"do": "remove"}),
        ("engagement_resource", resource, {"do": "share", "organisation": party}),
        ("engagement_resource", resource, {"do": "unshare", "organisation": party}),
        ("engagement_resource", resource, {"do": "withdraw", "reason": "Dépassée"}),
    ):
        response = team.post(reverse(name, args=[row.pk]), typed, follow=True)
        assert [str(message.tags) for message in response.context["messages"]] == ["success"]
    assignment.refresh_from_db()
    assert assignment.status == "engagee"
    assert Action.objects.get(pk=line.pk).state == "faite"
    assert engagement.participants.get().is_main
    again = team.post(
        reverse("assignment_step", args=[assignment.pk]), {"step": "engage"}, follow=True
    )
    assert "est engagée" in again.text
    for name, row, typed in (
        ("assignment_step", assignment, {"step": "x"}),
        ("engagement_action", line, {"state": "x"}),
        ("engagement_participant", people[0], {"do": "x"}),
    ):
        assert team.post(reverse(name, args=[row.pk]), typed).status_code == 404


def test_a_line_of_the_plan_is_edited_and_one_of_an_assignment_is_not(team, engagement):
    line = ActionFactory(engagement=engagement)
    address = reverse("engagement_action_edit", args=[line.pk])
    assert address in team.get(page(engagement)).text
    assert line.label in team.get(address).text
    typed = {"kind": line.kind_id, "label": "Relire les statuts", "ends_on": "2026-03-01"}
    refused = team.post(address, typed | {"starts_on": "2026-03-02"})
    assert refused.status_code == 422 and "précède" in refused.text
    assert team.post(address, typed).url == page(engagement)
    line.refresh_from_db()
    assert line.label == "Relire les statuts" and line.ends_on == date(2026, 3, 1)
    consulting = ActionTypeFactory(consulting=True)
    assert team.post(address, typed | {"kind": consulting.pk}).status_code == 422
    carried = ready(engagement).action
    address = reverse("engagement_action_edit", args=[carried.pk])
    assert address not in team.get(page(engagement)).text
    assert team.get(address).status_code == 404


def test_edits_in_the_admin_are_in_the_log(team, engagement):
    assignment = ready(engagement)
    response = team.post(
        reverse("assignment:edit", args=[assignment.pk]),
        {
            "engagement": engagement.pk,
            "label": "Gouvernance et statuts",
            "provider": assignment.provider.pk,
            "amount": "6000.05",
            "starts_on": "2026-02-01",
        },
    )
    assert response.status_code == 302 and response.url == page(engagement)
    history = team.get(reverse("engagement:history", args=[engagement.pk])).text
    assert "Gouvernance et statuts" in history and number("6000.05", 2) in history


def test_an_assignment_keeps_its_engagement(team, engagement):
    assignment = ready(engagement)
    other = EngagementFactory(officer=engagement.officer, operator=engagement.operator)
    typed = {"engagement": other.pk, "label": "Ailleurs", "starts_on": "2026-02-01"}
    response = team.post(reverse("assignment:edit", args=[assignment.pk]), typed)
    assert "ne change pas d’accompagnement" in response.text
    assignment.refresh_from_db()
    assert assignment.engagement == engagement and assignment.label != "Ailleurs"


def test_the_budget_page(team, engagement):
    AssignmentFactory(engagement=engagement, amount="0.10", starts_on=date(2026, 1, 1))
    AssignmentFactory(engagement=engagement, amount="0.20", starts_on=date(2026, 12, 31),
                      ends_on=None)  # fmt: skip
    address = reverse("engagement_budget")
    assert team.post(address, {"year": "2026", "amount": "120 000,50"}).status_code == 302
    assert str(Budget.objects.get().amount) == "120000.50"
    for typed in ({"year": "x", "amount": "1"}, {"year": "2026", "amount": "NaN"}, {}):
        assert team.post(address, typed).status_code == 422
    refused = team.post(address, {"year": "2025", "amount": "-12,50"})
    assert 'value="2025"' in refused.text and 'value="-12,50"' in refused.text
    text = team.get(address).text.replace("&nbsp;", "\u202f").replace("\xa0", "\u202f")
    assert "0,30\u202f€" in text and "120\u202f000,20\u202f€" in text
    assert '<th scope="row">2026</th>' in text and 'value="2026"' in text
    foreign = {"structure": str(OfficerFactory().operator.pk), "year": "2026", "amount": "1"}
    team.post(address, foreign)
    assert Budget.objects.count() == 1


def test_the_list_narrows_by_stage_territory_officer_and_year(team, engagement):
    EngagementFactory(opened_on=date(2020, 1, 1), closed_on=date(2020, 6, 1))
    for query in ("stage=accueil", "year=2026", f"followed_by={engagement.officer.user.last_name}"):
        rows = team.get(reverse("engagement:index") + f"?{query}").context["object_list"]
        assert list(rows) == [engagement], query
    rows = team.get(reverse("engagement:index") + "?territory=69").context["object_list"]
    assert not rows


def test_the_list_of_assignments_narrows_by_stage_territory_and_officer(team, engagement):
    mine = AssignmentFactory(engagement=engagement)
    AssignmentFactory()
    engagement.territory = DepartmentFactory()
    engagement.save()
    code, name = engagement.territory.code, engagement.officer.user.last_name
    for query in ("stage=accueil", f"territory={code}", f"followed_by={name}"):
        rows = team.get(reverse("assignment:index") + f"?{query}").context["object_list"]
        assert mine in rows and all(row.engagement == engagement for row in rows), query


def test_officers_elsewhere_read_no_stage_in_lists_filters_and_exports(engagement):
    AssignmentFactory(engagement=engagement)
    for user, reads in (
        (an_officer(operator=engagement.operator), True),
        (an_administrator(), True),
        (an_officer(), False),
    ):
        client, engagements = as_(user), reverse("engagement:index")
        export = client.get(f"{engagements}?export=csv").getvalue().decode()
        assert engagement.title in export and ("Accueil" in export) is reads
        row = client.get(engagements).context["object_list"][0]
        assert (row.stage_label == "Accueil") is reads
        for address in (engagements, reverse("assignment:index")):
            found = client.get(f"{address}?stage=accueil").context["object_list"]
            assert bool(found) is reads


def test_the_form_that_opens_an_engagement_asks_its_title_once(team):
    page = team.get(reverse("engagement_open")).text
    assert page.count('name="title"') == 1 and "Ouvrir un accompagnement</h2>" in page
