"""Signing in by email, one door for everyone (SPEC A1). Refusals are in test_lockout.py."""

import pytest
from django.test import Client
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from tests.factories import PASSWORD, ContactFactory, UserFactory


pytestmark = pytest.mark.django_db

SIGN_IN = "/compte/connexion/"


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


def test_a_changed_password_leaves_a_line_in_the_log(client):
    user = UserFactory()
    client.force_login(user)
    new = "un caillou plat et gris"
    values = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), values).status_code == 302
    event = AuditEvent.objects.get(action="account.password_changed")
    assert event.actor_id == str(user.pk)
    assert new not in str(event.detail.content)
