"""How many passwords a stranger may try (SPEC A5): the budget of an account and of an address.

What is counted is the work of the password hasher on an existing account, not the answers.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ilo_cms.accounts.models import User
from ilo_cms.notifications.adapter import REFUSED
from ilo_cms.notifications.models import OutboxMessage
from tests.factories import PASSWORD, ContactFactory, UserFactory
from tests.helpers.worker import work


pytestmark = pytest.mark.django_db

SIGN_IN = "/compte/connexion/"
ATTEMPTS = 1_000  # 10,000 in tests/trials/trial_sign_in.py
WRONG = "faux-mot-de-passe"


def attempt(login: str, password: str = WRONG, client=None, **extra):
    return (client or Client()).post(SIGN_IN, {"login": login, "password": password}, **extra)


@pytest.fixture
def tried(monkeypatch) -> list[str]:
    """The passwords that reached the hasher."""
    passwords: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self, password, salt):
        passwords.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return passwords


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def marina():
    return ContactFactory(user__email="marina@sol.example").user


def changing_address(number: int) -> dict[str, str]:
    """A request that pretends to come from somewhere new in every way a client can."""
    address = f"{10 + number // 65536}.{number // 256 % 256}.{number % 256}.1"
    return {
        "REMOTE_ADDR": address if number % 2 else f"2001:db8:{number:x}::1",
        "HTTP_X_FORWARDED_FOR": f"192.0.2.{number % 250}",
        "HTTP_FORWARDED": f"for=192.0.2.{number % 250}",
        "HTTP_X_REAL_IP": f"192.0.2.{number % 250}",
        "HTTP_HOST": f"{['testserver', 'localhost', 'TESTSERVER'][number % 3]}:{number + 1}",
        "HTTP_USER_AGENT": f"Navigateur {number}",
    }


def changing_case(number: int) -> str:
    """The same account, typed otherwise."""
    return [" marina@sol.example", "MARINA@sol.example ", "Marina@Sol.Example"][number % 3]


def test_an_account_has_one_budget_wherever_the_attempts_come_from(clock, marina, tried):
    for number in range(ATTEMPTS):
        page = attempt(changing_case(number), **changing_address(number))
        assert page.status_code == 200
    assert len(tried) == 5
    clock.shift(timedelta(minutes=5))
    for number in range(50):
        attempt(changing_case(number), **changing_address(number))
    assert len(tried) == 10


def test_an_address_has_one_budget_whatever_the_accounts(clock, tried):
    for number in range(40):
        UserFactory(email=f"personne-{number}@sol.example")
    tried.clear()
    codes = [
        attempt(
            f"personne-{number % 40}@sol.example",
            **changing_address(number) | {"REMOTE_ADDR": "198.51.100.7"},
        ).status_code
        for number in range(200)
    ]
    assert len(tried) == 10
    assert set(codes[:30]) == {200}
    assert set(codes[30:]) == {429}
    clock.shift(timedelta(minutes=1))
    attempt("personne-1@sol.example", REMOTE_ADDR="198.51.100.7")
    assert len(tried) == 11


def test_neighbours_in_one_ipv6_network_share_a_budget(clock, tried):
    for number in range(30):
        attempt(f"personne-{number}@sol.example", REMOTE_ADDR=f"2001:db8:1:2::{number + 1:x}")
    assert len(tried) == 10


def test_failures_of_one_account_do_not_lock_another(clock, marina):
    other = ContactFactory().user
    for number in range(20):
        attempt(marina.email, **changing_address(number))
    assert attempt(other.email, PASSWORD, REMOTE_ADDR="198.51.100.9").status_code == 302


def test_the_lock_opens_by_itself_to_the_second(clock, marina):
    for number in range(5):
        attempt(marina.email, **changing_address(number))
    clock.shift(timedelta(minutes=5, seconds=-1))
    assert attempt(marina.email, PASSWORD, REMOTE_ADDR="198.51.100.9").status_code == 200
    clock.shift(timedelta(seconds=1))
    assert attempt(marina.email, PASSWORD, REMOTE_ADDR="198.51.100.9").status_code == 302


def test_right_passwords_cost_nothing(clock, marina):
    for _ in range(25):
        assert attempt(marina.email, PASSWORD).status_code == 302


def test_a_right_password_between_does_not_refill_the_budget(clock, marina, tried):
    for number in range(4):
        attempt(marina.email, **changing_address(number))
        clock.shift(timedelta(seconds=1))
    attempt(marina.email, PASSWORD)
    before = len(tried)
    for number in range(10, 20):
        clock.shift(timedelta(seconds=1))
        attempt(marina.email, **changing_address(number))
    assert len(tried) == before + 1


def test_the_owner_gets_in_while_somebody_keeps_the_account_locked(
    clock, marina, django_capture_on_commit_callbacks
):
    work()
    attackers = iter(range(10_000))

    def attack() -> None:
        for _ in range(10):
            attempt(marina.email, **changing_address(next(attackers)))

    attack()
    owner = Client(REMOTE_ADDR="198.51.100.9")
    assert attempt(marina.email, PASSWORD, owner).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        owner.post("/compte/mot-de-passe/oublie/", {"email": marina.email})
    work()
    attack()
    body = OutboxMessage.objects.get().body
    link = re.search(r"http://testserver(/compte/mot-de-passe/nouveau/\S+)", body).group(1)
    page = owner.get(link, follow=True)
    attack()
    chosen = {"password1": "Rivière-calme-42", "password2": "Rivière-calme-42"}
    assert owner.post(page.request["PATH_INFO"], chosen).status_code == 302
    assert owner.session["_auth_user_id"] == str(marina.pk)


# --- the same answer to every failure ----------------------------------------------------------


@pytest.fixture
def logins():
    """One login of each kind, with a password that must not open it."""
    ContactFactory(user__email="connue@sol.example")
    ContactFactory(user__email="fermee@sol.example", user__is_active=False)
    ContactFactory(user__email="invitee@sol.example", user__password=None)
    ContactFactory(user__email="verrouillee@sol.example")
    return {
        "connue@sol.example": WRONG,
        "inconnue@sol.example": WRONG,
        "invitee@sol.example": WRONG,
        "fermee@sol.example": PASSWORD,
        "verrouillee@sol.example": PASSWORD,
    }


def seen(login: str, password: str):
    """What a stranger sees of one attempt."""
    client = Client()
    page = attempt(login, password, client, REMOTE_ADDR="198.51.100.9")
    text = page.text.replace(login, "")
    text = re.sub(r'(value|nonce|content)="[A-Za-z0-9+/=_-]{20,}"', "", text)
    return page.status_code, tuple(page.cookies), "_auth_user_id" in client.session, text


def test_every_failure_says_the_same(clock, logins):
    for number in range(5):
        attempt("verrouillee@sol.example", **changing_address(number))
    answers = {seen(login, password) for login, password in logins.items()}
    assert len(answers) == 1
    assert REFUSED in answers.pop()[3]


def test_every_failure_asks_the_database_and_the_hasher_the_same(clock, logins, tried):
    shapes = set()
    for login, password in logins.items():
        tried.clear()
        with CaptureQueriesContext(connection) as queries:
            seen(login, password if login.startswith("fermee") else WRONG)
        # Values, savepoints, and PostgreSQL's cursors.
        names = r"'[^']*'|\"s\d+_x\d+\"|\"_django_curs_\w+\""
        shapes.add((len(tried), tuple(re.sub(names, "?", query["sql"]) for query in queries)))
    assert len(shapes) == 1
    assert shapes.pop()[0] == 1


def test_an_account_without_password_opens_with_none(client):
    user = User.objects.create_user("marina@sol.example", None, last_name="X")
    for password in ("", "!", user.password):
        attempt(user.email, password, client)
        assert "_auth_user_id" not in client.session
