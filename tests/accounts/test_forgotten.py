"""The forgotten password: the page tells nothing, the mail what its owner needs (SPEC A4)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Activation
from ilo_cms.notifications.models import OutboxMessage
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory, UserFactory
from tests.helpers.links import activation_links
from tests.helpers.worker import work


pytestmark = pytest.mark.django_db

FORGOTTEN = "/compte/mot-de-passe/oublie/"
PASSWORD = "Rivière-calme-42"


@pytest.fixture(autouse=True)
def empty_queue():
    """What an earlier test queued is not ours."""
    work()


@pytest.fixture
def ask(django_capture_on_commit_callbacks):
    """Ask for a reset; returns the answer, before the worker did anything."""

    def _ask(email: str, client: Client | None = None, **extra):
        with django_capture_on_commit_callbacks(execute=True):
            return (client or Client()).post(FORGOTTEN, {"email": email}, **extra)

    return _ask


@pytest.fixture
def people():
    """An address of each kind."""
    ContactFactory(user__email="connue@sol.example")
    ContactFactory(user__email="fermee@sol.example", user__is_active=False)
    ContactFactory(user__email="invitee@sol.example", user__password=None)
    ContactFactory(user__email="sans-acces@sol.example", user__password=None, without_access=True)
    ContactFactory(user__email="partie@sol.example", user__password=None, former=True)
    UserFactory(email="seule@sol.example", password=None)
    OfficerFactory(user__email="chargee@dla.example", user__password=None)
    UserFactory(email="analyste@ilo.example", password=None, analyst=True)
    names = [user.email for user in User.objects.filter(email__contains="@")]
    return [name for name in names if "exemple" not in name] + ["inconnue@sol.example"]


def shape(sql: str) -> str:
    """A query without its values."""
    return re.sub(r"'[^']*'|\b\d[\d.]*\b", "?", sql)


def answer_to(ask, email: str):
    """All that a stranger sees: status, where it leads, the page there, and the queries made."""
    client = Client()
    with CaptureQueriesContext(connection) as queries:
        answer = ask(email, client, REMOTE_ADDR="10.0.0.1")
    shapes = tuple(shape(query["sql"]) for query in queries)  # before the next request clears them
    page = client.get(answer.url)
    text = re.sub(r'(value|nonce|content)="[A-Za-z0-9+/=_-]{20,}"', "", page.text)
    return answer.status_code, answer.url, tuple(answer.cookies), page.status_code, text, shapes


def test_the_answer_is_the_same_whoever_asks_about_whom(ask, people):
    answers = {answer_to(ask, email) for email in people}
    assert len(answers) == 1
    queries = answers.pop()[-1]
    assert not [sql for sql in queries if "accounts_user" in sql or "emailaddress" in sql]
    assert not OutboxMessage.objects.exists()  # the worker writes, not the request


def test_each_owner_gets_what_they_need_and_the_others_nothing(ask, people):
    for email in people:
        ask(email)
    work()
    kinds = {
        mail.address: "activation" if "/compte/activation/" in mail.body else "reset"
        for mail in OutboxMessage.objects.all()
    }
    assert kinds == {
        "connue@sol.example": "reset",
        "invitee@sol.example": "activation",
        "chargee@dla.example": "reset",
        "analyste@ilo.example": "reset",
    }


@pytest.mark.parametrize("typed", [" Marina@Sol.Example ", "MARINA@SOL.EXAMPLE"])
def test_the_address_is_read_whatever_its_case(ask, typed):
    ContactFactory(user__email="marina@sol.example")
    ask(typed)
    work()
    assert OutboxMessage.objects.get().address == "marina@sol.example"


def reset_link() -> str:
    """The path of the last reset link."""
    body = OutboxMessage.objects.order_by("created_at").last().body
    found = re.findall(rf"{re.escape(settings.BASE_URL)}(/\S+)", body)
    assert len(found) == 1, body
    return found[0]


def choose(client: Client, link: str):
    """Open a reset link and choose a password."""
    page = client.get(link, follow=True)
    return client.post(page.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})


def test_the_mail_is_ours_and_its_link_works_once_for_a_day(ask, client):
    user = ContactFactory(user__email="marina@sol.example", user__first_name="D’Arc & <b>").user
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False) as clock:
        ask("marina@sol.example")
        work()
        mail = OutboxMessage.objects.get()
        assert mail.subject == "ILO : choisissez un nouveau mot de passe"
        assert mail.body.startswith("Bonjour D’Arc & <b>,\n")
        assert "24 heures" in mail.body
        link = reset_link()
        clock.shift(timedelta(days=1))
        assert choose(client, link).status_code == 302
        assert User.objects.get(pk=user.pk).check_password(PASSWORD)
        assert client.session["_auth_user_id"] == str(user.pk)
        assert "password1" not in Client().get(link, follow=True).text
        clock.shift(timedelta(seconds=1))
        ask("marina@sol.example")
        work()
        late = reset_link()
        clock.shift(timedelta(days=1, seconds=1))
        assert "password1" not in Client().get(late, follow=True).text


def test_a_reset_link_asked_before_the_address_changed_is_refused_without_a_fault(ask):
    contact = ContactFactory(user__email="marina@sol.example")
    ask("marina@sol.example")
    work()
    User.objects.filter(pk=contact.user_id).update(email="autre@sol.example")
    page = Client().get(reset_link(), follow=True)
    assert page.status_code == 200
    assert "password1" not in page.text


def test_an_address_gets_five_mails_an_hour_and_strangers_are_answered_alike(ask):
    ContactFactory(user__email="marina@sol.example")
    for email in ("marina@sol.example", "inconnue@sol.example"):
        codes = [ask(email, REMOTE_ADDR=f"10.0.0.{n}").status_code for n in range(7)]
        assert codes == [302] * 5 + [429] * 2
    work()
    assert OutboxMessage.objects.count() == 5
    page = ask("marina@sol.example")
    assert "Trop de demandes en peu de temps" in page.text


def test_asking_again_and_again_sends_no_more_activation_links_than_its_page_does(ask):
    ContactFactory(user__email="marina@sol.example", user__password=None)
    for number in range(5):
        ask("marina@sol.example", REMOTE_ADDR=f"10.0.0.{number}")
    work()
    assert Activation.objects.count() == len(activation_links()) == 3


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_HOST": "ailleurs.example"},
        {"HTTP_HOST": "testserver.ailleurs.example"},
        {"HTTP_HOST": "testserver@ailleurs.example"},
        {"HTTP_HOST": "testserver:80@ailleurs.example"},
        {"SERVER_NAME": "ailleurs.example"},
    ],
)
def test_a_forged_host_is_refused(ask, people, extra):
    for email in people:
        assert ask(email, **extra).status_code == 400
    work()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_X_FORWARDED_HOST": "ailleurs.example"},
        {"HTTP_FORWARDED": "host=ailleurs.example"},
        {"HTTP_HOST": "localhost:81"},
        {"HTTP_ORIGIN": "https://ailleurs.example", "HTTP_REFERER": "https://ailleurs.example/"},
        # How a server passes on a request line that holds a whole address.
        {"RAW_URI": f"http://ailleurs.example{FORGOTTEN}"},
        {"HTTP_X_FORWARDED_PROTO": "ftp", "SERVER_PORT": "81"},
    ],
)
def test_links_come_from_base_url_whatever_the_headers(ask, people, extra):
    for email in people:
        assert ask(email, **extra).status_code == 302
    work()
    assert OutboxMessage.objects.count() == 4
    for mail in OutboxMessage.objects.all():
        links = re.findall(r"\w+://\S+", mail.body)
        assert links
        assert all(link.startswith(settings.BASE_URL + "/compte/") for link in links)


# --- what else is mailed -----------------------------------------------------------------------

NOTICES = {
    "account/email/password_changed": "mot de passe",
    "account/email/password_reset": "mot de passe",
    "account/email/password_set": "mot de passe",
    "mfa/email/totp_activated": "pplication d",
    "mfa/email/totp_deactivated": "pplication d",
    "mfa/email/webauthn_added": "clé",
    "mfa/email/webauthn_removed": "clé",
    "mfa/email/recovery_codes_generated": "codes de récupération",
}


@pytest.mark.parametrize("prefix", NOTICES)
def test_a_change_of_security_is_told_in_french(rf, prefix):
    user = UserFactory(first_name="D’Arc & fils")
    request = rf.get("/", headers={"User-Agent": "Firefox <b>"})
    with request_context(request):
        get_adapter().send_notification_mail(prefix, user)
    mail = OutboxMessage.objects.get()
    assert mail.recipient == user
    assert mail.subject.startswith("ILO : ")
    assert NOTICES[prefix].lower() in mail.body.lower()
    for word in ("Bonjour D’Arc & fils,", "127.0.0.1", "Firefox <b>", "prévenez"):
        assert word in mail.body
    assert f"{settings.BASE_URL}{FORGOTTEN}" in mail.body
    assert not re.search(r"\b(your|you|the|account|Hello)\b", mail.body)


def test_changing_the_password_is_told_by_mail(client):
    user = ContactFactory(organisation=OrganisationFactory()).user
    client.post("/compte/connexion/", {"login": user.email, "password": "demo-ilo-2026"})
    page = client.post(
        "/compte/mot-de-passe/",
        {"oldpassword": "demo-ilo-2026", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert page.status_code == 302
    assert "mot de passe" in OutboxMessage.objects.get().body
