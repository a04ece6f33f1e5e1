"""What no form of ours sends: it is refused with a sentence, and nothing falls over."""

import pytest
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.engagements.models import Budget, Resource, StatusEntry
from tests.engagements.helpers import ready, started
from tests.factories import MeetingFactory, ResourceFactory
from tests.helpers.intranet import as_, open_intranet


pytestmark = pytest.mark.django_db
LONG = "9" * 5000  # more digits than Python turns into a number


@pytest.fixture
def engagement(wired):
    found = started()
    open_intranet(found.officer.user)
    return found


@pytest.fixture
def team(engagement):
    return as_(engagement.officer.user)


@pytest.mark.parametrize("reason", ["a\0b", "x" * 4001])
def test_a_reason_that_cannot_be_kept(team, engagement, reason):
    assignment = ready(engagement)
    resource = ResourceFactory(engagement=engagement)
    steps = StatusEntry.objects.count(), AuditEvent.objects.count()
    address = reverse("assignment_step", args=[assignment.pk])
    for step in ("abandon", "tender"):  # one needs a reason, the other only takes it
        page = team.post(address, {"step": step, "reason": reason}, follow=True)
        assert page.status_code == 200 and "motif" in page.text
    address = reverse("engagement_resource", args=[resource.pk])
    team.post(address, {"do": "withdraw", "reason": reason})
    assert Resource.objects.get(pk=resource.pk).withdrawn_at is None
    assert (StatusEntry.objects.count(), AuditEvent.objects.count()) == steps


@pytest.mark.parametrize("seen", [LONG, "١", "\0", "-1", "1e3", " 0"])
def test_a_revision_that_is_none(team, engagement, seen):
    meeting = MeetingFactory(engagement=engagement)
    address = reverse("meeting:inspect", args=[meeting.pk])
    answer = team.post(address, {"act": "cancel", "seen": seen, "reason": "x"})
    assert answer.status_code == 409
    meeting.refresh_from_db()
    assert meeting.cancelled_at is None


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "1e999999", "-1", "1.001", LONG])
@pytest.mark.parametrize("year", ["2026", LONG, "-1", "0", "99999", "1999", "2101"])
def test_a_budget_that_cannot_be(team, amount, year):
    answer = team.post(reverse("engagement_budget"), {"year": year, "amount": amount})
    assert answer.status_code == 422
    assert not Budget.objects.exists()


@pytest.mark.parametrize("query", ["year=1e49", "year=-1", f"year={LONG}", "year=NaN", "stage=%00"])
def test_filters_that_cannot_be(team, query):
    for name in ("engagement:index", "assignment:index"):
        assert team.get(f"{reverse(name)}?{query}").status_code == 200
