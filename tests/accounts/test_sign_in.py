"""Signing in by email, and what a stranger learns from trying (SPEC A1, A4, A5)."""

import pytest
from django.conf import settings
from django.test import Client

from ilo_cms.accounts.models import User
from ilo_cms.notifications.models import OutboxMessage
from tests.factories import PASSWORD, ContactFactory, UserFactory


pytestmark = pytest.mark.django_db

SIGN_IN = "/compte/connexion/"
FORGOTTEN = "/compte/mot-de-passe/oublie/"


def attempt(client: Client, login: str, password: str):
    return client.post(SIGN_IN, {"login": login, "password": password})


@pytest.mark.parametrize(
    "typed", ["marina@sol.example", "Marina@Sol.Example", " marina@sol.example "]
)
def test_the_address_is_read_whatever_its_case(client, typed):
    ContactFactory(user__email="marina@sol.example")
    assert attempt(client, typed, PASSWORD).url == "/"


def test_an_account_is_one_address_whatever_its_case():
    UserFactory(email="marina@sol.example")
    user = UserFactory.build(email="MARINA@sol.example")
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        user.save()
    assert User.objects.get_by_natural_key("Marina@Sol.example").email == "marina@sol.example"


def test_every_failure_says_the_same(client):
    UserFactory(email="connue@sol.example")
    UserFactory(email="fermee@sol.example", closed=True)
    User.objects.create_user("sans-mot-de-passe@sol.example", None, last_name="X")
    texts = set()
    for email in ("connue", "inconnue", "fermee", "sans-mot-de-passe"):
        page = attempt(Client(), f"{email}@sol.example", "faux-mot-de-passe")
        assert page.status_code == 200
        texts.add(strip_tokens(page.content.decode().replace(f"{email}@sol.example", "")))
    assert len(texts) == 1
    assert "incorrect" in texts.pop()


def strip_tokens(page: str) -> str:
    """The page without what is random in it."""
    import re

    return re.sub(r'(value|nonce|content)="[A-Za-z0-9+/=_-]{20,}"', "", page)


def test_repeated_failures_lock_the_account_for_a_while(client):
    UserFactory(email="marina@sol.example")
    for _ in range(12):
        attempt(client, "marina@sol.example", "faux-mot-de-passe")
    page = attempt(client, "marina@sol.example", PASSWORD)
    assert page.status_code != 302


def test_nobody_signs_up(client):
    page = client.post(
        "/compte/inscription/",
        {
            "email": "x@y.example",
            "password1": "Long-mot-de-passe",
            "password2": "Long-mot-de-passe",
        },
    )
    assert page.status_code == 200
    assert not User.objects.exists()


def test_a_forgotten_password_answers_the_same_and_mails_only_the_owner(client):
    UserFactory(email="marina@sol.example")
    known = client.post(FORGOTTEN, {"email": "marina@sol.example"})
    unknown = client.post(FORGOTTEN, {"email": "inconnue@sol.example"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [message.address for message in OutboxMessage.objects.all()] == ["marina@sol.example"]


def test_the_reset_link_comes_from_base_url_and_works_once(client):
    import re

    user = UserFactory(email="marina@sol.example")
    client.post(FORGOTTEN, {"email": user.email}, headers={"Host": "localhost"})
    body = OutboxMessage.objects.get().body
    link = re.search(rf"{settings.BASE_URL}(/compte/mot-de-passe/nouveau/\S+)", body).group(1)
    page = client.get(link, follow=True)
    chosen = client.post(
        page.request["PATH_INFO"],
        {"password1": "Rivière-calme-42", "password2": "Rivière-calme-42"},
    )
    assert chosen.status_code == 302
    assert User.objects.get(pk=user.pk).check_password("Rivière-calme-42")
    again = Client().get(link, follow=True)
    assert "password1" not in again.content.decode()


@pytest.mark.parametrize(
    "host", ["ailleurs.example", "testserver.ailleurs.example", "testserver:80@x"]
)
def test_a_forged_host_is_refused(client, host):
    UserFactory(email="marina@sol.example")
    page = client.post(FORGOTTEN, {"email": "marina@sol.example"}, headers={"Host": host})
    assert page.status_code == 400
    assert not OutboxMessage.objects.exists()


def test_the_admin_uses_the_same_door(client):
    page = client.get("/admin/")
    assert page.status_code == 302
    assert SIGN_IN in client.get(page.url, follow=True).request["PATH_INFO"] + page.url


def test_signing_out_closes_the_reports_too(client):
    user = UserFactory(analyst=True)
    client.force_login(user)
    assert client.get("/data/").cookies["ilo_data"].value
    page = client.post("/compte/deconnexion/")
    assert page.cookies["ilo_data"].value == ""
    assert "_auth_user_id" not in client.session


def test_the_intranet_tells_the_others_no_instead_of_turning_in_circles(client):
    client.force_login(UserFactory(analyst=True))
    page = client.get("/admin/", follow=True)
    assert page.status_code == 403
    assert "réservé aux chargé·es d’accompagnement" in page.content.decode()
