"""Preparing a tender: its values, its deadlines, its criteria, its copy (SPEC T2)."""

from datetime import date
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.engagements.models import AssignmentStatus
from ilo_cms.tenders.calls import copy_tender, create_tender, criteria_of, edit_tender
from ilo_cms.tenders.diffusion import cancel_tender
from ilo_cms.tenders.models import Phase, Tender
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.rules import Weighted
from tests.factories import AssignmentFactory, EngagementFactory, OfficerFactory, UserFactory
from tests.helpers.intranet import an_officer
from tests.tenders.drafts import CRITERIA, a_draft, a_sent_tender, again, boss, in_days, theme


pytestmark = pytest.mark.django_db


def edit(tender, *, user=None, seen=None, criteria=None, **values):
    return edit_tender(
        tender=tender,
        values=values,
        seen=again(tender).revision if seen is None else seen,
        criteria=criteria,
        acting_user=user or boss(tender),
    )


def test_a_tender_is_prepared_and_logged():
    tender = again(a_draft())
    assert phase(tender, timezone.now()) == Phase.PREPARATION
    assert [*tender.themes.all()] == [theme()]
    assert criteria_of(tender) == CRITERIA
    assert tender.officer == tender.engagement.officer
    event = AuditEvent.objects.get(action="tender.created")
    assert event.detail.content["after"]["themes"] == ["Gouvernance"]


def test_the_same_form_sent_twice_makes_one_tender():
    engagement, key = EngagementFactory(), uuid4()
    assert a_draft(engagement, key=key) == a_draft(engagement, key=key)
    assert Tender.objects.count() == 1


def test_only_the_operators_team_prepares():
    engagement = EngagementFactory()
    for user in (
        OfficerFactory().user,
        UserFactory(administrator=True),
        UserFactory(is_superuser=True),  # of the intranet, without an operator
        OfficerFactory(operator=engagement.operator, gone=True).user,
    ):
        with pytest.raises(PermissionDenied):
            a_draft(engagement, acting_user=user)
    colleague = OfficerFactory(operator=engagement.operator)
    assert a_draft(engagement, acting_user=colleague.user).officer == colleague


def test_not_for_a_closed_engagement():
    with pytest.raises(PermissionDenied, match="clos"):
        a_draft(EngagementFactory(closed=True))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"participation_deadline": -1}, "participation_deadline"),
        ({"deposit_deadline": -1, "participation_deadline": -2}, "deposit_deadline"),
        ({"questions_deadline": -1}, "questions_deadline"),
        ({"participation_deadline": 15}, "deposit_deadline"),
        ({"participation_deadline": 14}, "deposit_deadline"),
        ({"questions_deadline": 14.5}, "questions_deadline"),
    ],
)
def test_deadlines_lie_ahead_and_in_order(values, field):
    moments = {"deposit_deadline": in_days(14)} | {
        name: in_days(days) for name, days in values.items()
    }
    with pytest.raises(ValidationError) as error:
        a_draft(**moments)
    assert field in error.value.message_dict


def test_the_decision_follows_the_deposit_and_the_start_the_decision():
    deposits = in_days(14)
    day = timezone.localdate(deposits)
    a_draft(deposit_deadline=deposits, decision_on=day, starts_on=day)
    with pytest.raises(ValidationError) as error:
        a_draft(decision_on=timezone.localdate(in_days(12)))
    assert "decision_on" in error.value.message_dict
    with pytest.raises(ValidationError) as error:
        a_draft(decision_on=day, starts_on=date(day.year - 1, 1, 1))
    assert "starts_on" in error.value.message_dict


@pytest.mark.parametrize("name", ["decision_on", "starts_on"])
@pytest.mark.parametrize("year", [1990, 9999])
def test_a_day_is_neither_before_the_deposits_nor_years_away(name, year):
    with pytest.raises(ValidationError) as error:
        a_draft(deposit_deadline=in_days(14), **{name: date(year, 1, 1)})
    assert [*error.value.message_dict] == [name]


def test_a_draft_whose_deadline_has_passed_can_still_be_edited():
    tender = a_draft()
    Tender.objects.filter(pk=tender.pk).update(participation_deadline=in_days(-1))
    assert edit(tender, title="Autre titre").title == "Autre titre"


def test_criteria_have_distinct_labels_and_bearable_weights():
    for criteria in (
        [Weighted("Prix", 50), Weighted("prix ", 50)],
        [Weighted(" ", 100)],
        [Weighted("Prix", 0)],
        [Weighted("Prix", 101)],
    ):
        with pytest.raises(ValidationError):
            a_draft(criteria=criteria)
    assert a_draft(criteria=[Weighted("Prix", 40)]).criteria.count() == 1  # 100 when it is sent


def test_an_edit_says_what_changed_and_nothing_when_nothing_did():
    tender = a_draft()
    same = edit(tender, title=tender.title, themes=[theme()], criteria=CRITERIA)
    assert same.revision == 0
    assert not AuditEvent.objects.filter(action="tender.updated").exists()
    changed = edit(tender, themes=[theme("finances")], criteria=[Weighted("Prix", 100)])
    assert changed.revision == 1
    content = AuditEvent.objects.get(action="tender.updated").detail.content
    assert content["before"]["themes"] == ["Gouvernance"]
    assert content["after"]["criteria"] == ["Prix (100\xa0%)"]


def test_the_second_of_two_officers_is_told():
    tender = a_draft()
    edit(tender, title="Premier", seen=0)
    with pytest.raises(ValidationError) as error:
        edit(tender, title="Second", seen=0)
    assert error.value.code == "changed"
    assert again(tender).title == "Premier"


def test_what_was_sent_is_no_longer_edited():
    with pytest.raises(ValidationError, match="déjà diffusée"):
        edit(a_sent_tender(), title="Autre")


def test_an_assignment_looks_for_one_provider_at_a_time():
    assignment = AssignmentFactory(planned=True)
    engagement = assignment.engagement
    first = a_draft(engagement, assignment=assignment)
    with pytest.raises(ValidationError) as error:
        a_draft(engagement, assignment=assignment)
    assert "assignment" in error.value.message_dict
    cancel_tender(tender=first, reason="Erreur.", seen=0, acting_user=boss(first))
    assert a_draft(engagement, assignment=assignment).assignment == assignment
    for other in (
        AssignmentFactory(planned=True),
        AssignmentFactory(engagement=engagement, status=AssignmentStatus.ENGAGED),
    ):
        with pytest.raises(ValidationError):
            a_draft(engagement, assignment=other)


def test_a_copy_takes_what_is_said_not_its_dates(wired):
    officer = an_officer().officer
    engagement = EngagementFactory(officer=officer)
    source = a_sent_tender(
        engagement=EngagementFactory(officer=officer),
        budget=5000,
        days=6,
        decision_on=timezone.localdate(in_days(20)),
    )
    key = uuid4()
    copy = copy_tender(tender=source, engagement=engagement, key=key, acting_user=boss(source))
    copy = again(copy)
    assert (copy.title, copy.need, copy.budget) == (source.title, source.need, 5000)
    assert (copy.copied_from, copy.deposit_deadline, copy.decision_on) == (source, None, None)
    assert criteria_of(copy) == CRITERIA
    assert [*copy.themes.all()] == [theme()]
    assert not copy.invitations.exists()
    assert (
        copy_tender(tender=source, engagement=engagement, key=key, acting_user=boss(source)) == copy
    )


def test_a_tender_of_another_team_is_not_copied(wired):
    source, engagement = a_sent_tender(), EngagementFactory(officer=an_officer().officer)
    with pytest.raises(PermissionDenied):
        copy_tender(
            tender=source,
            engagement=engagement,
            key=uuid4(),
            acting_user=engagement.officer.user,
        )


def test_a_value_that_is_no_field_is_a_fault_of_ours():
    engagement = EngagementFactory()
    with pytest.raises(TypeError):
        create_tender(
            key=uuid4(),
            engagement=engagement,
            acting_user=engagement.officer.user,
            published_at=timezone.now(),
        )


def test_the_moment_of_an_act_is_the_databases(monkeypatch):
    late = in_days(30)
    monkeypatch.setattr("ilo_cms.tenders.changes.database_now", lambda: late)
    with pytest.raises(ValidationError):
        edit(a_draft(), deposit_deadline=in_days(20))
