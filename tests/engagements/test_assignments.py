"""Assignments: states, amounts, what is refused, who is told (SPEC E3)."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ilo_cms.engagements.assignments import (
    change_status,
    create_assignment,
    edit_assignment,
)
from ilo_cms.engagements.budgets import set_budget
from ilo_cms.engagements.models import (
    SHOWN_TO_PROVIDER,
    Action,
    ActionState,
    Assignment,
    AssignmentStatus,
    Budget,
    sums_by_year,
)
from ilo_cms.engagements.path import close_engagement, reopen_engagement
from ilo_cms.engagements.people import add_participant, remove_participant
from ilo_cms.engagements.plan import add_action, edit_action, move_action, set_action_state
from ilo_cms.engagements.transitions import TRANSITIONS
from ilo_cms.notifications.models import Notification
from tests.engagements.helpers import planned, ready, started
from tests.evaluations.factories import EvaluationFactory
from tests.factories import (
    ActionFactory,
    ActionTypeFactory,
    AssignmentFactory,
    ContactFactory,
    EngagementFactory,
    OfficerFactory,
    OrganisationFactory,
)


pytestmark = pytest.mark.django_db


def move(assignment, name, reason="", user=None):
    return change_status(
        assignment=assignment,
        transition=name,
        acting_user=user or assignment.engagement.officer.user,
        reason=reason,
    )


def test_the_key_of_an_assignment_of_another_engagement_is_refused():
    known, engagement = AssignmentFactory(), started()
    with pytest.raises(ValidationError, match="rechargez-la"):
        create_assignment(
            key=known.pk, engagement=engagement, acting_user=engagement.officer.user, label="Bis"
        )
    assert not engagement.assignments.exists()


def test_planning_twice_plans_once_with_one_line():
    engagement, key = started(), uuid4()
    user = engagement.officer.user
    for _ in range(2):
        create_assignment(key=key, engagement=engagement, acting_user=user, label="Gouvernance")
    assert Assignment.objects.count() == Action.objects.count() == 1
    line = Action.objects.get()
    assert (line.label, line.current_state) == ("Gouvernance", ActionState.TO_DO)


def test_the_whole_way_with_its_history():
    assignment = ready(started())
    for name in ("tender", "engage", "complete", "close"):
        assignment = move(assignment, name)
    states = assignment.status_entries.order_by("entered_at").values_list("status", flat=True)
    assert list(states) == ["prevue", "en_concurrence", "engagee", "realisee", "cloturee"]


def test_a_step_that_does_not_start_there_says_who_moved_it():
    assignment = ready(started())
    colleague = OfficerFactory(operator=assignment.engagement.operator)
    move(assignment, "engage", user=colleague.user)
    with pytest.raises(ValidationError, match=str(colleague.user)) as told:
        move(assignment, "engage")
    assert told.value.code == "changed"
    assert assignment.status_entries.count() == 2


def test_only_the_team_moves_it():
    assignment = ready(started())
    for user in (OfficerFactory().user, assignment.contact.user):
        with pytest.raises(PermissionDenied):
            move(assignment, "engage", user=user)


@pytest.mark.parametrize("missing", ["provider", "amount", "starts_on"])
def test_nobody_is_bound_by_half_an_assignment(missing):
    values = {missing: None}
    if missing == "provider":
        values |= {"establishment": None, "contact": None}
    with pytest.raises(ValidationError):
        move(ready(started(), **values), "engage")


def test_guards():
    assignment = ready(started())
    assignment.provider.is_active = False
    assignment.provider.save()
    with pytest.raises(ValidationError, match="inactive"):
        move(assignment, "engage")
    later = ready(started(), starts_on=date(2099, 1, 1))
    move(later, "engage")
    with pytest.raises(ValidationError, match="1er janvier 2099"):
        move(later, "complete")
    with pytest.raises(ValidationError, match="pourquoi"):
        move(later, "abandon", reason=" ")
    assert move(later, "abandon", reason="Le bénéficiaire renonce").status == "abandonnee"


@pytest.mark.parametrize(
    ("way", "undo", "back"),
    [
        (["engage", "complete"], "reopen", "engagee"),
        (["engage", "complete", "close"], "unclose", "realisee"),
        (["abandon"], "resume", "prevue"),
    ],
)
def test_a_state_entered_by_mistake_is_undone_with_a_reason_and_kept_in_the_history(
    way, undo, back
):
    assignment = ready(started(opened_on=timezone.localdate()))
    for name in way:
        assignment = move(assignment, name, reason="Erreur")
    with pytest.raises(ValidationError, match="Dites pourquoi"):
        move(assignment, undo)
    assignment = move(assignment, undo, reason="Saisie par erreur")
    assert assignment.status == back
    entries = assignment.status_entries.order_by("entered_at")
    assert len(entries) == len(way) + 2
    assert entries.last().reason == "Saisie par erreur"


def test_the_parties_of_an_engaged_assignment_are_told_that_it_goes_on_again():
    assignment = move(ready(started()), "engage")
    move(assignment, "abandon", reason="Erreur")
    Notification.objects.all().delete()
    move(assignment, "resume", reason="Saisie par erreur")
    told = Notification.objects.filter(kind="assignment.status_changed")
    assert assignment.contact.user_id in told.values_list("recipient", flat=True)


def test_an_evaluated_assignment_stays_done():
    assignment = ready(started(opened_on=timezone.localdate()))
    for name in ("engage", "complete"):
        assignment = move(assignment, name)
    EvaluationFactory(assignment=assignment)
    with pytest.raises(ValidationError, match="évaluée"):
        move(assignment, "reopen", reason="Erreur")


def test_those_concerned_are_told_and_no_one_else():
    assignment = ready(started())
    colleague = OfficerFactory(operator=assignment.engagement.operator)
    ContactFactory()
    beneficiary = ContactFactory(organisation=assignment.engagement.beneficiary)
    move(assignment, "tender", user=colleague.user)
    officer = assignment.engagement.officer.user
    assert [notice.recipient for notice in Notification.objects.all()] == [officer]
    Notification.objects.all().delete()
    move(assignment, "engage")
    told = {notice.recipient for notice in Notification.objects.all()}
    assert told == {assignment.contact.user, beneficiary.user}


def test_a_planned_assignment_that_is_abandoned_is_told_to_nobody():
    move(ready(started()), "abandon", reason="Autre solution")
    assert not Notification.objects.exists()


def test_an_abandoned_assignment_leads_each_party_to_a_page_that_it_reads(sign_in):
    assignment = ready(started())
    beneficiary = ContactFactory(organisation=assignment.engagement.beneficiary)
    for step in ("engage", "abandon"):
        move(assignment, step, reason="Autre solution")
    told = Notification.objects.filter(
        kind="assignment.status_changed", text__contains="abandonnée"
    )
    paths = {notice.recipient: notice.path for notice in told}
    assert paths.keys() == {assignment.contact.user, beneficiary.user}
    assert paths[assignment.contact.user] == "/"
    for person, path in paths.items():
        assert sign_in(person).get(path).status_code == 200


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 1)}, "ends_on"),
        ({"amount": Decimal("-0.01")}, "amount"),
        ({"amount": Decimal("0.001")}, "amount"),
        ({"days": Decimal(-1)}, "days"),
        ({"label": ""}, "label"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(values, field):
    assignment = ready(started())
    with pytest.raises(ValidationError) as refused:
        edit_assignment(
            assignment=assignment,
            values=values,
            acting_user=assignment.engagement.officer.user,
        )
    assert field in refused.value.message_dict
    with pytest.raises(ValidationError):
        planned(started(), **values)


def test_the_provider_is_active_its_place_its_own_and_it_does_not_change_once_engaged():
    engagement = started()
    with pytest.raises(ValidationError, match="inactive"):
        planned(engagement, provider=OrganisationFactory(inactive=True))
    with pytest.raises(ValidationError, match="prestataire"):
        ready(engagement, establishment=ContactFactory().establishment)
    assignment = move(ready(engagement), "engage")
    other = {"provider": OrganisationFactory(), "establishment": None, "contact": None}
    with pytest.raises(ValidationError, match="engagée avec"):
        edit_assignment(assignment=assignment, values=other, acting_user=engagement.officer.user)
    # What was chosen while it was active stays, and the rest is still edited.
    assignment.provider.is_active = False
    assignment.provider.save()
    edited = edit_assignment(
        assignment=assignment,
        values={"label": "Gouvernance et statuts"},
        acting_user=engagement.officer.user,
    )
    assert edited.action.label == "Gouvernance et statuts"


def test_a_beneficiary_is_the_provider_of_others_not_its_own():
    both = OrganisationFactory(is_beneficiary=True)
    with pytest.raises(ValidationError, match="prestataire de son accompagnement"):
        planned(started(beneficiary=both), provider=both)
    assert planned(started(), provider=both).provider == both


# --- the plan ---------------------------------------------------------------------------------


def add(engagement, kind=None, **values):
    return add_action(
        key=uuid4(),
        engagement=engagement,
        kind=kind or ActionTypeFactory(),
        acting_user=engagement.officer.user,
        **{"label": "Former le bureau"} | values,
    )


def test_a_consulting_line_plans_its_assignment_whose_state_it_shows():
    engagement = started()
    line = add(engagement, ActionTypeFactory(consulting=True), description="Avec le CA")
    assert line.assignment.label == "Former le bureau" and line.description == "Avec le CA"
    user = engagement.officer.user
    with pytest.raises(ValidationError):
        set_action_state(action=line, state=ActionState.DONE, acting_user=user)
    move(line.assignment, "abandon", "Sans objet")
    assert Action.objects.get(pk=line.pk).current_state == ActionState.DROPPED


def test_lines_are_ordered_and_edited():
    engagement = started()
    first, second = add(engagement, label="Un"), add(engagement, label="Deux")
    user = engagement.officer.user
    assert move_action(action=second, up=True, acting_user=user) == [second, first]
    assert move_action(action=second, up=True, acting_user=user) == [second, first]
    done = set_action_state(action=first, state=ActionState.DONE, acting_user=user)
    assert done.current_state == ActionState.DONE
    wrong = {"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 1)}
    with pytest.raises(ValidationError):
        edit_action(action=first, values=wrong, acting_user=user)
    with pytest.raises(PermissionDenied):
        move_action(action=first, up=True, acting_user=OfficerFactory().user)


# --- the budget -------------------------------------------------------------------------------


def test_sums_are_exact_to_the_cent_and_count_in_the_year_of_the_start():
    engagement = EngagementFactory(opened_on=date(2025, 12, 31))
    operator = engagement.operator
    for status, amount, day in (
        ("prevue", "0.10", date(2026, 1, 1)),
        ("en_concurrence", "0.20", date(2026, 12, 31)),
        ("engagee", "9999999999.99", date(2026, 6, 1)),
        ("engagee", "0.01", date(2026, 6, 1)),
        ("realisee", "19.99", date(2026, 3, 29)),
        ("cloturee", "0.01", date(2026, 10, 25)),
        ("abandonnee", "500", date(2026, 6, 1)),
        ("prevue", "7.70", None),  # counts when its engagement opened
        ("prevue", None, date(2027, 1, 1)),
    ):
        AssignmentFactory(engagement=engagement, status=status, amount=amount, starts_on=day,
                          ends_on=None)  # fmt: skip
    AssignmentFactory(amount="1000", starts_on=date(2026, 1, 1))  # another operator's
    sums = sums_by_year(operator)
    assert sums.keys() == {2025, 2026, 2027}
    assert sums[2026].planned == Decimal("0.30")
    assert sums[2026].engaged == Decimal("10000000000.00")
    assert sums[2026].spent == Decimal("20.00")
    assert sums[2025].planned == Decimal("7.70")
    assert (sums[2027].total, sums[2027].unpriced) == (0, 1)


def test_the_team_sets_its_budget():
    officer, amount = OfficerFactory(), Decimal("120000.50")
    fields = {"operator": officer.operator, "year": 2026}
    for _ in range(2):
        set_budget(**fields, amount=amount, acting_user=officer.user)
    assert Budget.objects.get().amount == amount
    with pytest.raises(ValidationError):
        set_budget(**fields, amount=Decimal(-1), acting_user=officer.user)
    with pytest.raises(PermissionDenied):
        set_budget(**fields, amount=amount, acting_user=OfficerFactory().user)


# --- every order of acts ----------------------------------------------------------------------


class Machine(RuleBasedStateMachine):
    """Two assignments of one engagement, moved, closed over and reopened in any order."""

    def __init__(self):
        super().__init__()
        self.engagement = started(opened_on=timezone.localdate())
        self.user = self.engagement.officer.user
        self.assignments = [ready(self.engagement), ready(self.engagement)]
        self.states = ["prevue", "prevue"]
        self.is_open = True

    @rule(which=st.integers(0, 1), name=st.sampled_from(sorted(TRANSITIONS)))
    def step(self, which, name):
        transition = TRANSITIONS[name]
        fits = self.states[which] in transition.sources and (self.is_open or name == "close")
        try:
            move(self.assignments[which], name, reason="Motif", user=self.user)
        except (ValidationError, PermissionDenied):
            assert not fits
        else:
            assert fits
            self.states[which] = transition.target.value

    @rule()
    def close(self):
        pending = {"prevue", "en_concurrence", "engagee"} & set(self.states)
        try:
            close_engagement(
                engagement=self.engagement,
                closed_on=timezone.localdate(),
                reason="Fin",
                acting_user=self.user,
            )
        except ValidationError:
            assert pending or not self.is_open
        else:
            assert self.is_open and not pending
            self.is_open = False

    @rule()
    def reopen(self):
        try:
            reopen_engagement(engagement=self.engagement, reason="Suite", acting_user=self.user)
        except ValidationError:
            assert self.is_open
        else:
            self.is_open = True

    @invariant()
    def rows_say_the_same(self):
        for row, state in zip(self.assignments, self.states, strict=True):
            stored = Assignment.objects.get(pk=row.pk)
            assert stored.status == state
            assert stored.status_entries.order_by("entered_at").last().status == state
            shown = Assignment.objects.visible_to(row.contact.user, row.contact)
            assert shown.exists() == (AssignmentStatus(state) in SHOWN_TO_PROVIDER)


class TestMachine(TestCase, Machine.TestCase):
    settings = settings(max_examples=6, stateful_step_count=8, deadline=None)


def test_the_line_of_an_assignment_says_its_dates():
    line = ActionFactory(assignment=AssignmentFactory())
    assert (line.first_day, line.last_day) == (date(2026, 2, 1), date(2026, 5, 31))


def test_a_new_provider_does_not_inherit_the_people_of_the_former_one():
    assignment, other = ready(started()), ContactFactory()
    team = {"engagement": assignment.engagement, "acting_user": assignment.engagement.officer.user}
    person = add_participant(contact=assignment.contact, assignment=assignment, **team)
    values = {
        "provider": other.organisation,
        "contact": other,
        "establishment": other.establishment,
    }

    def give_to_other():
        edit_assignment(assignment=assignment, values=values, acting_user=team["acting_user"])

    with pytest.raises(ValidationError, match="retirez-les"):
        give_to_other()
    remove_participant(participant=person, acting_user=team["acting_user"])
    give_to_other()
    assert Assignment.objects.get(pk=assignment.pk).provider == other.organisation
