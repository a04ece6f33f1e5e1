"""How many forms of visitors are kept: enough for people, not for a flood."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.factories import ContactFactory


pytestmark = pytest.mark.django_db

FORM = "/mes-informations/structure/"


def post_without_session(address: str = "192.0.2.1") -> bool:
    """Whether a visitor's form is kept."""
    client = Client(REMOTE_ADDR=address)
    data = {"acting_as": "x", "presentation": "Texte"}
    page = client.post(FORM, data, headers={"Origin": "http://testserver"})
    assert page.status_code == 302 and page.url.startswith("/compte/connexion/")
    return "sessionid" in client.cookies


def test_forms_of_visitors_are_kept_up_to_a_limit_per_address(time_machine):
    time_machine.move_to("2026-11-23 10:00:00+01:00", tick=False)
    assert all(post_without_session() for _ in range(60))
    assert not post_without_session()
    assert Session.objects.count() == 60
    assert post_without_session("192.0.2.2")
    time_machine.shift(3599)
    assert not post_without_session()
    time_machine.shift(2)
    assert post_without_session()


def test_somebody_signed_in_is_not_counted(sign_in):
    contact = ContactFactory()
    client = sign_in(contact.user)
    for _ in range(70):
        data = {"acting_as": "somebody-else", "presentation": "Texte"}
        assert client.post(FORM, data).status_code == 409
    assert post_without_session("127.0.0.1")
