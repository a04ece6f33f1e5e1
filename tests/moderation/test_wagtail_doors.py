"""Wagtail's own ways to approve a request lead nowhere: it is decided field by field, on our page.

Wagtail's address names an object and a task: it authorises with the first and acts on the second,
so that somebody in charge of one request could approve another.
"""

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from ilo_cms.directory.models import Organisation
from ilo_cms.moderation.admin import change_requests
from ilo_cms.moderation.models import ChangeRequest, ReferentTask
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory
from tests.helpers.intranet import an_officer, as_
from tests.moderation.helpers import ask


pytestmark = pytest.mark.django_db

NAMESPACE = "wagtailsnippets_moderation_changerequest"


@pytest.fixture
def user(wired):
    """The referent of the first request, with every permission that Wagtail could ask for."""
    user = an_officer()
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="moderation"))
    return user


@pytest.fixture
def mine(user):
    """A request that this officer may decide."""
    return asked("Conseil Sol", user.officer)


@pytest.fixture
def theirs():
    """A request that somebody else decides."""
    return asked("Coop Atout", OfficerFactory())


def asked(name, referent) -> ChangeRequest:
    """A request under its workflow."""
    organisation = OrganisationFactory(name=name, referent=referent)
    request = ask(ContactFactory(organisation=organisation), name=f"{name} SCOP")
    assert request.current_workflow_task_state is not None
    return request


def untouched(request) -> bool:
    """Whether a request still waits, its value is not live and its task is not done."""
    request = ChangeRequest.objects.get(pk=request.pk)
    live = Organisation.objects.get(pk=request.organisation_id).name
    return request.is_pending and "SCOP" not in live and request.workflow_in_progress


@pytest.mark.parametrize("action", ["approve", "reject"])
@pytest.mark.parametrize("whose", ["mine", "theirs"])
def test_wagtails_address_does_not_exist(user, mine, theirs, action, whose):
    task = (mine if whose == "mine" else theirs).current_workflow_task_state
    with pytest.raises(NoReverseMatch):
        reverse(f"{NAMESPACE}:workflow_action", args=[mine.pk, action, task.pk])
    below = reverse(f"{NAMESPACE}:list") + f"workflow/action/{mine.pk}/{action}/{task.pk}/"
    old = f"/admin/snippets/moderation/changerequest/workflow/action/{mine.pk}/{action}/{task.pk}/"
    client = as_(user)
    for address in (below, old):
        assert client.post(address, {"comment": "x"}).status_code == 404
    assert untouched(mine) and untouched(theirs)


@pytest.mark.parametrize("offered", [False, True])
@pytest.mark.parametrize("action", ["approve", "reject"])
@pytest.mark.parametrize("whose", ["mine", "theirs"])
def test_wagtails_view_is_refused_even_if_its_address_came_back(
    user, mine, theirs, whose, action, offered, monkeypatch
):
    """The task refuses, whichever object the address names, even with Wagtail's buttons shown."""
    if offered:
        buttons = [("approve", "Approuver", False), ("reject", "Refuser", False)]
        monkeypatch.setattr(ReferentTask, "get_actions", lambda *args: buttons)
    task = (mine if whose == "mine" else theirs).current_workflow_task_state
    request = RequestFactory().post("/?next=/admin/", {"comment": "x"})
    request.user = user
    with pytest.raises(PermissionDenied):
        change_requests.workflow_action_view(
            request, pk=mine.pk, action_name=action, task_state_id=task.pk
        )
    assert untouched(mine) and untouched(theirs)
