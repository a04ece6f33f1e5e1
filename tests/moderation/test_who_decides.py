"""Who decides, who may step in, whom a request is put before (SPEC M3, M4, M6)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import (
    Contact,
    Establishment,
    Officer,
    OfficerAbsence,
    Organisation,
)
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.moderation.policies import can_decide, can_take_over, unanswered, vacancy
from ilo_cms.moderation.referents import answering_officers, take_over
from ilo_cms.notifications.models import Notification
from ilo_cms.referentials.models import PlatformSettings
from tests.factories import (
    ChangeRequestFactory,
    ContactFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
    UserFactory,
)


pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
LIMIT = timedelta(days=10)


@pytest.fixture(autouse=True)
def now(time_machine):
    """Wednesday 4 March 2026, eleven o'clock in Paris."""
    time_machine.move_to(NOW, tick=False)


def an_officer_of(**department) -> Officer:
    """An officer of an operator of one département: the Rhône, or the Nord by `nord=True`."""
    return OfficerFactory(operator__operated_territories=[DepartmentFactory(**department)])


def a_request(referent=None, author=None, waited=timedelta(0), placed=True) -> ChangeRequest:
    """A pending request of an organisation of the Rhône."""
    organisation = OrganisationFactory(referent=referent)
    place = EstablishmentFactory(organisation=organisation) if placed else None
    contact = ContactFactory(
        organisation=organisation, establishment=place, user=author or UserFactory()
    )
    request = ChangeRequestFactory(contact=contact)
    ChangeRequest.objects.filter(pk=request.pk).update(created_at=NOW - waited)
    return ChangeRequest.objects.get(pk=request.pk)


def absent(officer, deputy=None, first=TODAY, last=TODAY) -> OfficerAbsence:
    """An absence, today by default."""
    return OfficerAbsence.objects.create(
        officer=officer, starts_on=first, ends_on=last, deputy=deputy
    )


def deciders(request) -> set:
    """Who may decide, among all officers: the policy's answer, which its twin shares."""
    allowed = {o for o in Officer.objects.all() if can_decide(o.user, fresh(request))}
    rows = ChangeRequest.objects.filter(pk=request.pk)
    assert allowed == {o for o in Officer.objects.all() if rows.decidable_by(o.user).exists()}
    return allowed


def takers(request) -> set:
    """Who may take over, likewise."""
    allowed = {o for o in Officer.objects.all() if can_take_over(o.user, fresh(request))}
    rows = ChangeRequest.objects.filter(pk=request.pk)
    assert allowed == {o for o in Officer.objects.all() if rows.takeable_by(o.user).exists()}
    assert rows.vacant().exists() == bool(vacancy(fresh(request)))
    return allowed


def fresh(request) -> ChangeRequest:
    """The request as the next page would load it."""
    return ChangeRequest.objects.get(pk=request.pk)


# --- the rule and its twin ---------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Everything that the rules look at, drawn at random."""

    officers: list  # (place of the operator, in post, account open)
    absences: list  # (officer, first day, last day, deputy), days relative to today
    requests: list  # (referent, author, place, state, seconds waited)


OFFICERS, REQUESTS = 3, 2
PLACES = st.sampled_from(["rhone", "nord", "none"])
SOMEBODY = st.one_of(st.none(), st.integers(0, OFFICERS - 1))
EDGE = int(LIMIT.total_seconds())
WORLDS = st.builds(
    World,
    officers=st.lists(
        st.tuples(
            PLACES, st.sampled_from([True, True, False]), st.sampled_from([True, True, False])
        ),
        min_size=OFFICERS,
        max_size=OFFICERS,
    ),
    absences=st.lists(
        st.tuples(st.integers(0, OFFICERS - 1), st.integers(-2, 1), st.integers(-1, 2), SOMEBODY),
        max_size=4,
    ),
    requests=st.lists(
        st.tuples(
            SOMEBODY,
            SOMEBODY,
            PLACES,
            st.sampled_from(["pending", "pending", "pending", "decided", "withdrawn"]),
            st.sampled_from([0, EDGE - 1, EDGE, EDGE + 1]),
        ),
        min_size=REQUESTS,
        max_size=REQUESTS,
    ),
)


def set_up(world: World, officers: list, requests: list) -> None:
    """Bring the rows in line with a world, by plain updates: they are made once and rolled back."""
    places = {"rhone": DepartmentFactory(), "nord": DepartmentFactory(nord=True)}
    for officer, (place, in_post, is_open) in zip(officers, world.officers, strict=True):
        officer.operator.operated_territories.set([places[place]] if place in places else [])
        Officer.objects.filter(pk=officer.pk).update(is_active=in_post)
        User.objects.filter(pk=officer.user_id).update(is_active=is_open)
    for officer, first, last, deputy in world.absences:
        if last >= first and deputy != officer:
            absent(
                officers[officer],
                None if deputy is None else officers[deputy],
                TODAY + timedelta(days=first),
                TODAY + timedelta(days=last),
            )
    for request, (referent, author, place, state, waited) in zip(
        requests, world.requests, strict=True
    ):
        rows = ChangeRequest.objects.filter(pk=request.pk)
        rows.update(created_at=NOW - timedelta(seconds=waited))
        if state != "pending":
            rows.update(**{f"{state}_at": NOW})
        referent = None if referent is None else officers[referent]
        Organisation.objects.filter(pk=request.organisation_id).update(referent=referent)
        places_of = Establishment.objects.filter(organisation=request.organisation_id)
        places_of.update(department=places.get(place))
        if author is not None:
            Contact.objects.filter(pk=request.contact_id).update(user=officers[author].user_id)


def test_each_policy_and_its_queryset_say_the_same():
    officers = [OfficerFactory() for _ in range(OFFICERS)]
    requests = [a_request() for _ in range(REQUESTS)]

    @given(world=WORLDS)
    @settings(max_examples=30)
    def in_any_world(world):
        with transaction.atomic():
            set_up(world, officers, requests)
            check_twins()
            transaction.set_rollback(True)

    in_any_world()


def check_twins() -> None:
    """Every rule and its queryset agree on every officer and request."""
    rows = ChangeRequest.objects.select_related("organisation", "contact__user")
    vacant, open_ones = set(rows.vacant()), set(rows.unanswered())
    for request in rows.pending():
        assert (request in vacant) == bool(vacancy(request))
        assert (request in open_ones) == bool(unanswered(request))
        told = answering_officers(request)
        assert request.contact.user not in told
        assert len(told) == len(set(told))
    for officer in Officer.objects.select_related("user"):
        decidable = set(rows.decidable_by(officer.user))
        takeable = set(rows.takeable_by(officer.user))
        for request in rows:
            assert (request in decidable) == bool(can_decide(officer.user, request))
            assert (request in takeable) == bool(can_take_over(officer.user, request))
            if officer.user == request.contact.user:
                assert request not in decidable | takeable


def test_nobody_else_decides_or_takes_over():
    request = a_request()
    for user in (request.contact.user, UserFactory(administrator=True), UserFactory(analyst=True)):
        assert not can_decide(user, request) and not can_take_over(user, request)
        rows = ChangeRequest.objects
        assert not rows.decidable_by(user).exists() and not rows.takeable_by(user).exists()


# --- cases in words ------------------------------------------------------------------------------


def test_a_present_referent_decides_alone():
    referent, _ = an_officer_of(), an_officer_of()
    request = a_request(referent)
    assert deciders(request) == {referent}
    assert takers(request) == set()
    assert answering_officers(request) == [referent.user]


def test_the_deputy_of_the_day_decides_without_becoming_referent():
    referent, colleague, deputy = an_officer_of(), an_officer_of(), an_officer_of(nord=True)
    request = a_request(referent)
    absent(referent, deputy)
    assert deciders(request) == {referent, deputy}
    assert takers(request) == set()
    assert answering_officers(fresh(request)) == [deputy.user]
    assert colleague.user not in answering_officers(fresh(request))


def test_a_deputy_who_is_absent_too_leaves_it_to_the_territory():
    referent, colleague, deputy = an_officer_of(), an_officer_of(), an_officer_of(nord=True)
    request = a_request(referent)
    absent(referent, deputy)
    absent(deputy)
    assert deciders(request) == {referent}
    assert takers(request) == {colleague}
    assert set(answering_officers(fresh(request))) == {referent.user, colleague.user}


@pytest.mark.parametrize("why", ["none", "left", "closed", "absent"])
def test_an_officer_of_the_territory_steps_in(why):
    referent, colleague, _ = an_officer_of(), an_officer_of(), an_officer_of(nord=True)
    request = a_request(None if why == "none" else referent)
    if why == "left":
        Officer.objects.filter(pk=referent.pk).update(is_active=False)
    if why == "closed":
        referent.user.is_active = False
        referent.user.save()
    if why == "absent":
        absent(referent)
    expected = {referent, colleague} if why == "none" else {colleague}
    assert takers(request) == expected
    assert vacancy(fresh(request))


@pytest.mark.parametrize(("seconds", "overdue"), [(-1, False), (0, False), (1, True)])
def test_a_request_that_waited_too_long_is_open_to_the_territory(seconds, overdue):
    referent, colleague = an_officer_of(), an_officer_of()
    request = a_request(referent, waited=LIMIT + timedelta(seconds=seconds))
    assert takers(request) == ({colleague} if overdue else set())
    assert ChangeRequest.objects.overdue().exists() is overdue
    assert deciders(request) == {referent}, "the referent may still decide"


def test_administrators_set_how_long_is_too_long():
    PlatformSettings.objects.update_or_create(pk=1, defaults={"answer_days": 2})
    referent, colleague = an_officer_of(), an_officer_of()
    assert takers(a_request(referent, waited=timedelta(days=2, seconds=1))) == {colleague}


def test_a_record_without_place_belongs_to_every_territory():
    everyone = {an_officer_of(), an_officer_of(nord=True)}
    assert takers(a_request(placed=False)) == everyone


def test_a_request_that_nobody_covers_goes_to_the_administrators():
    an_officer_of(nord=True)
    administrator = UserFactory(administrator=True)
    UserFactory(administrator=True, closed=True)
    assert answering_officers(a_request()) == [administrator]


def test_what_the_referent_asks_for_themself_is_for_others():
    referent, colleague = an_officer_of(), an_officer_of()
    request = a_request(referent, author=referent.user)
    assert deciders(request) == set()
    assert takers(request) == {colleague}
    assert answering_officers(request) == [colleague.user]


def test_what_the_deputy_asks_for_themself_is_for_others():
    referent, colleague, deputy = an_officer_of(), an_officer_of(), an_officer_of(nord=True)
    request = a_request(referent, author=deputy.user)
    absent(referent, deputy)
    assert deciders(request) == {referent}
    assert takers(request) == {colleague}
    assert deputy.user not in answering_officers(fresh(request))


def test_nobody_takes_over_what_they_ask_for_themselves():
    colleague = an_officer_of()
    assert takers(a_request(author=colleague.user)) == set()


def test_the_deputy_of_somebody_who_left_decides_nothing():
    referent, colleague, deputy = an_officer_of(), an_officer_of(), an_officer_of(nord=True)
    request = a_request(referent)
    absent(referent, deputy)
    Officer.objects.filter(pk=referent.pk).update(is_active=False)
    assert deciders(request) == set()
    assert takers(request) == {colleague}


def test_taking_over_tells_the_former_referent_who_and_why():
    referent, colleague = an_officer_of(), an_officer_of()
    request = a_request(referent, waited=timedelta(days=12))
    take_over(change_request=request, acting_user=colleague.user)
    assert Organisation.objects.get(pk=request.organisation_id).referent == colleague
    notice = Notification.objects.get()
    assert notice.recipient == referent.user
    assert str(colleague.user) in notice.text
    assert "attend sans réponse depuis 12 jours" in notice.text
    said = AuditEvent.objects.get(action="referent.changed").detail.content
    assert said["before"] == str(referent) and said["after"] == str(colleague)
    assert "12 jours" in said["reason"]


def test_a_request_is_taken_over_once():
    referent, first, second = an_officer_of(), an_officer_of(), an_officer_of()
    request = a_request(referent)
    absent(referent)
    take_over(change_request=request, acting_user=first.user)
    with pytest.raises(PermissionDenied, match="attend sa ou son référent·e"):
        take_over(change_request=request, acting_user=second.user)
