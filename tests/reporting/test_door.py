"""The platform's side of the reports: the cookie it mints and where it sends people."""

import importlib.util
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from ilo_cms.accounts.report_cookie import COOKIE, cookie_value
from ilo_cms.extranet.views.reports import reports
from tests.factories import ContactFactory, OfficerFactory, UserFactory


KEY = "k" * 50
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
path = django_settings.BASE_DIR / "datasette" / "plugins" / "access.py"
spec = importlib.util.spec_from_file_location("reports_access", path)
access = importlib.util.module_from_spec(spec)
spec.loader.exec_module(access)


def ask(user, path="/data/", rest="", **data):
    """The view's answer to this person."""
    request = RequestFactory().get(path, data)
    request.user = user
    return reports(request, rest)


def test_datasette_reads_what_the_platform_signs():
    cookie = cookie_value("b0e0", "officer", NOW, KEY)
    assert access.COOKIE == COOKIE
    assert access.read(cookie, KEY, NOW.timestamp()) == {"id": "b0e0", "role": "officer"}


def test_the_cookie_lives_fifteen_minutes():
    cookie = cookie_value("b0e0", "officer", NOW, KEY)
    assert access.read(cookie, KEY, NOW.timestamp() + 899) is not None
    assert access.read(cookie, KEY, NOW.timestamp() + 900) is None


@pytest.mark.parametrize("forge", [lambda c: "e" + c, lambda c: c[:-3], lambda c: c.split(".")[0]])
def test_a_touched_cookie_is_not_ours(forge):
    with pytest.raises(ValueError, match="not ours"):
        access.read(forge(cookie_value("b0e0", "officer", NOW, KEY)), KEY, NOW.timestamp())


def test_another_key_does_not_open():
    with pytest.raises(ValueError, match="not ours"):
        access.read(cookie_value("b0e0", "officer", NOW, KEY), "o" * 50, NOW.timestamp())


@pytest.mark.parametrize(
    ("make", "role"),
    [
        (lambda: UserFactory(analyst=True), "analyst"),
        (lambda: UserFactory(administrator=True), "administrator"),
        (lambda: UserFactory(administrator=True, analyst=True), "administrator"),
        (lambda: OfficerFactory().user, "officer"),
    ],
)
def test_readers_get_the_cookie_of_their_role(db, settings, make, role):
    answer = ask(make())
    cookie = answer.cookies[COOKIE]
    read = access.read(cookie.value, settings.DATA_COOKIE_KEY, datetime.now(UTC).timestamp())
    assert read["role"] == role
    assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/data/", "Lax", 900)
    assert cookie["httponly"] and not cookie["secure"] and not cookie["domain"]
    assert answer.url == f"{settings.DATA_URL}ilo"


def test_the_cookie_is_secure_where_the_session_is(db, settings):
    settings.SESSION_COOKIE_SECURE = True
    assert ask(UserFactory(analyst=True)).cookies[COOKIE]["secure"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: ContactFactory().user,
        lambda: OfficerFactory(gone=True).user,
        lambda: OfficerFactory(user__closed=True).user,
    ],
)
def test_others_are_refused_with_the_reason(db, make):
    with pytest.raises(PermissionDenied, match="réservés aux analystes"):
        ask(make())


@pytest.mark.parametrize(
    ("asked", "below"),
    [
        ("/data/ilo/data_quality?kind=a&_sort=kind", "ilo/data_quality?kind=a&_sort=kind"),
        ("/data/ilo/assignments_by_year/2026,DLA+du+Rh~C3~B4ne,a,b",
         "ilo/assignments_by_year/2026,DLA+du+Rh~C3~B4ne,a,b"),
        ("/data/", "ilo"),
        ("https://evil.example/data/", "ilo"),
        ("//evil.example/data/", "ilo"),
        ("/data//evil.example", "ilo"),
        ("/data/../admin/", "ilo"),
        ("/data/%2e%2e/admin/", "ilo"),
        ("/data/.%2E/admin/", "ilo"),
        ("/data/\\evil.example", "ilo"),
        ("/data/\r\nSet-Cookie: a=b", "ilo"),
        ("/data/ilo?x=\r\nSet-Cookie: a=b", "ilo?x=%0D%0ASet-Cookie:%20a=b"),
        ("//[", "ilo"),
        ("javascript:alert(1)", "ilo"),
        ("/admin/", "ilo"),
        ("admin/", "ilo"),
    ],
)  # fmt: skip
def test_next_never_leads_outside_the_reports(db, settings, asked, below):
    assert ask(UserFactory(analyst=True), next=asked).url == f"{settings.DATA_URL}{below}"


def test_an_address_below_data_is_kept_with_its_query(db, settings):
    answer = ask(UserFactory(analyst=True), "/data/ilo/x?y=1", rest="ilo/x", y=1)
    assert answer.url == f"{settings.DATA_URL}ilo/x?y=1"


def test_an_anonymous_visitor_never_gets_a_cookie(db):
    anonymous = AnonymousUser()
    anonymous.is_analyst = anonymous.is_administrator = False
    with pytest.raises(PermissionDenied):
        ask(anonymous)


def test_the_command_line_serves_the_snapshot_of_the_settings(settings):
    from etl.reporting import serve

    line = serve.command(8123)
    assert line[1:4] == ["-m", "datasette", "serve"] and "8123" in line
    assert str(settings.SNAPSHOT_PATH) in line
    assert SimpleNamespace(**serve.environment()).BASE_URL == settings.BASE_URL
