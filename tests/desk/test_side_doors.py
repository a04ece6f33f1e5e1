"""Below /admin/ officers and administrators reach our screens and nothing else of Wagtail."""

import re
from html import unescape

import pytest
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.core.middleware import WAGTAIL_OPEN
from tests.factories import (
    AssignmentFactory,
    ChangeRequestFactory,
    ContactFactory,
    EngagementFactory,
    OfficerFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_
from tests.test_permission_matrix import routes


pytestmark = pytest.mark.django_db

#: Rooms of Wagtail that no menu of ours leads to.
CLOSED = [
    "/admin/api/",
    "/admin/block-preview/",
    "/admin/bulk/",
    "/admin/choose-",
    "/admin/collections/",
    "/admin/dismissibles/",
    "/admin/documents/",
    "/admin/editing-sessions/",
    "/admin/failwhale/",
    "/admin/groups/",
    "/admin/images/",
    "/admin/pages/",
    "/admin/password_reset/",
    "/admin/reports/",
    "/admin/tag-autocomplete/",
    "/admin/test404/",
    "/admin/users/",
    "/admin/workflows/",
]
WITH_KEYS = {
    r"<slug:content_type_app_name>/<slug:content_type_model_name>": "wagtailcore/page",
    r"<str:app_label>/<str:model_name>/<str:action>": "directory/contact/delete",
    r"<str:app_label>/<str:model_name>": "directory/contact",
    r"<uuid:pk>": "00000000-0000-0000-0000-000000000001",
}


def address(path: str) -> str | None:
    """An address that a route answers; None for the few written as expressions."""
    for variable, value in WITH_KEYS.items():
        path = path.replace(variable, value)
    path = re.sub(r"<[^>]+>", "1", path).replace("/^", "/")
    return None if re.search(r"[\\(^$*]", path) else path


def wagtails() -> list[tuple[str, str]]:
    """Every route below /admin/ that is in a closed room: its path, filled in, and its name."""
    found = [(address(route.path), route.name) for route in routes()]
    return [(path, name) for path, name in found if path and path.startswith(tuple(CLOSED))]


@pytest.fixture(params=["officer", "administrator"])
def client_of(request):
    return as_(an_officer() if request.param == "officer" else an_administrator())


def test_every_closed_room_has_doors_to_try():
    tried = [path for path, _ in wagtails()]
    assert len(tried) > 100
    assert [room for room in CLOSED if not any(path.startswith(room) for path in tried)] == []


def test_no_side_door_opens(client_of):
    opened = [
        path
        for path, _ in wagtails()
        for ask in (client_of.get, client_of.post)
        if ask(path).status_code != 404
    ]
    assert opened == []


def test_what_answers_is_a_screen_of_ours(client_of):
    """Whatever Wagtail adds one day: a page that is shown is ours or on the short list."""
    ours = re.compile(r"^ilo_cms\.")
    foreign = []
    for route in routes():
        path = address(route.path) if route.path.startswith("/admin/") else None
        response = client_of.get(path) if path else None
        if response is None or response.status_code != 200:
            continue
        view = response.resolver_match.func
        while hasattr(view, "__wrapped__"):
            view = view.__wrapped__
        view = getattr(view, "view_class", view)
        if not ours.match(view.__module__) and response.resolver_match.view_name not in (
            WAGTAIL_OPEN | {"admin_logout"}
        ):
            foreign.append(path)
    assert foreign == []


def test_a_superuser_keeps_every_screen():
    client = as_(User.objects.create_superuser("root@exemple.example", "x", last_name="Racine"))
    for name in ("wagtailusers_users:index", "wagtailusers_groups:index", "wagtailimages:index"):
        assert client.get(reverse(name), follow=True).status_code == 200


@pytest.mark.parametrize("role", ["officer", "administrator"])
def test_no_page_leads_to_a_closed_door(role):
    """Every link of every page that the menu leads to, two clicks deep, works."""
    user = an_officer() if role == "officer" else an_administrator()
    AssignmentFactory(engagement__officer=getattr(user, "officer", None) or OfficerFactory())
    EngagementFactory()
    ContactFactory(former=True)
    ChangeRequestFactory()
    client = as_(user)
    seen, waiting, broken = set(), [("/admin/", "the menu")], []
    while waiting:
        path, source = waiting.pop()
        response = client.get(path)
        if response.status_code == 404:
            broken.append((path, source))
        if response.status_code != 200 or "html" not in response.headers["Content-Type"]:
            continue
        for link in re.findall(r'(?:href|"url"|action)["=: ]+"(/admin/[^"#]*)', response.text):
            target = unescape(link)
            if target.partition("?")[0] not in seen and len(seen) < 400:
                seen.add(target.partition("?")[0])
                waiting.append((target, path))
    assert len(seen) > 40
    assert broken == []


def test_people_change_nothing_of_their_own_name_in_the_intranet():
    user = an_administrator(last_name="Martin", first_name="Anne")
    client = as_(user)
    page = client.get(reverse("wagtailadmin_account"))
    assert page.status_code == 200
    assert 'name="name_email-' not in page.text and 'name="avatar-' not in page.text
    assert reverse("mfa_index") in page.text and reverse("account_change_password") in page.text
    client.post(
        reverse("wagtailadmin_account"),
        {
            "name_email-last_name": "Autre",
            "name_email-first_name": "Autre",
            "name_email-email": "autre@exemple.example",
            "theme-theme": "dark",
            "theme-contrast": "system",
            "theme-density": "default",
            "theme-keyboard_shortcuts": "on",
        },
    )
    user = User.objects.get(pk=user.pk)
    assert (user.last_name, user.first_name) == ("Martin", "Anne")
    assert user.wagtail_userprofile.theme == "dark"


def test_the_intranet_bears_the_platform_s_name():
    page = as_(an_officer()).get("/admin/").text
    assert "- ILO</title>" in page
    assert "ilo/icon.svg" in page
    assert "- Wagtail" not in page
