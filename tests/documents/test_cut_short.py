"""A form whose file was stopped on the way says so and keeps nothing (SPEC D2)."""

from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from ilo_cms.documents import uploads
from ilo_cms.engagements.models import Resource
from ilo_cms.support.models import SupportRequest
from tests.factories import AssignmentFactory, ContactFactory
from tests.helpers.intranet import as_, open_intranet


pytestmark = pytest.mark.django_db

TOLD = "joignez à ce formulaire dépasse"


@pytest.fixture
def too_large(monkeypatch):
    """A file beyond what is read of any form."""
    monkeypatch.setattr(uploads, "MEGABYTE", 1000)
    return ContentFile(bytes(200_000), name="rapport.png")


def test_a_note_is_no_resource_when_its_file_was_lost(sign_in, too_large):
    assignment = AssignmentFactory()
    typed = {"key": uuid4(), "title": "Rapport", "note": "À lire", "assignment": assignment.pk}
    typed |= {"acting_as": assignment.contact.pk, "file": too_large}
    client = sign_in(assignment.contact.user)
    answer = client.post(reverse("engagement_documents", args=[assignment.engagement_id]), typed)
    assert answer.status_code == 422 and TOLD in answer.text and "À lire" in answer.text
    assert not Resource.objects.exists()


def test_an_officer_is_told_too(too_large):
    engagement = AssignmentFactory().engagement
    open_intranet(engagement.officer.user)
    typed = {"key": uuid4(), "title": "Rapport", "note": "À lire", "file": too_large}
    page = reverse("engagement_act", args=[engagement.pk, "ressource"])
    answer = as_(engagement.officer.user).post(page, typed)
    assert answer.status_code == 422 and TOLD in answer.text and "À lire" in answer.text
    assert not Resource.objects.exists()


def test_a_request_for_help_does_not_leave_without_its_picture(sign_in, too_large):
    contact = ContactFactory()
    typed = {"description": "Le bouton ne répond pas.", "acting_as": contact.pk}
    answer = sign_in(contact.user).post(reverse("support"), typed | {"screenshot": too_large})
    assert answer.status_code == 422 and TOLD in answer.text
    assert not SupportRequest.objects.exists()
