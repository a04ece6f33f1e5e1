"""Why a document cannot be given is not lost with the session (SPEC D7)."""

import pytest
from django.test import Client
from django.urls import reverse

from ilo_cms.document_requests.models import DocumentRequest
from tests.document_requests.conftest import row


pytestmark = pytest.mark.django_db

ORIGIN = {"Origin": "http://testserver"}
REASON = "Notre premier exercice n’est pas clos."


def posted(asked, contact, act="cannot", **more) -> tuple[Client, object]:
    """A form sent after the session ended."""
    client = Client()
    address = reverse(f"document_request_{act}", args=[asked.pk])
    data = {"acting_as": contact.pk, "item": row(asked).pk} | more
    return client, client.post(address, data, headers=ORIGIN)


def test_the_reason_stands_in_its_field_again(asked, contact):
    client, response = posted(asked, contact, reason=REASON)
    assert response.status_code == 302
    client.force_login(contact.user)
    own = reverse("document_request", args=[asked.pk])
    content = client.get(own).content.decode()
    assert content.count(REASON) == 1 and "gardé, mais pas encore enregistré" in content
    assert "<details open>" in content
    assert row(asked).cannot_reason == ""
    assert REASON not in client.get(own).content.decode()


def test_it_is_shown_when_the_row_was_settled_meanwhile(asked, contact):
    client, _ = posted(asked, contact, reason=REASON)
    DocumentRequest.objects.filter(pk=asked.pk).update(cancelled_at=asked.created_at)
    client.force_login(contact.user)
    content = client.get(reverse("document_request", args=[asked.pk])).content.decode()
    assert "Vous aviez écrit" in content and REASON in content


def test_a_button_without_text_is_not_kept(asked, contact):
    client, _ = posted(asked, contact, "take_back")
    assert "sessionid" not in client.cookies
