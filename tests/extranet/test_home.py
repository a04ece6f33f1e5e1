"""The home page shows the current organisation's own things, in constant queries (SPEC E5)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ilo_cms.engagements.models import AssignmentStatus
from tests.factories import AssignmentFactory, ContactFactory, OfficerFactory


pytestmark = pytest.mark.django_db


def queries(client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get("/").status_code == 200
    return len(captured)


def test_assignments_appear_once_engaged_and_only_one_s_own(sign_in):
    contact = ContactFactory(organisation__referent=OfficerFactory())
    AssignmentFactory(contact=contact, label="Modèle économique")
    AssignmentFactory(contact=contact, label="À venir", status=AssignmentStatus.PLANNED)
    AssignmentFactory(label="D’une autre structure")
    page = sign_in(contact.user).get("/").content.decode()
    assert "Modèle économique" in page and "5 400,00" in page.replace("\u202f", " ").replace(
        "\xa0", " "
    )
    assert "À venir" not in page and "D’une autre structure" not in page
    assert str(contact.organisation.referent.user) in page


def test_the_queries_of_the_home_page_do_not_grow(sign_in):
    contact = ContactFactory(organisation__referent=OfficerFactory())
    AssignmentFactory.create_batch(2, contact=contact)
    client = sign_in(contact.user)
    few = queries(client)
    AssignmentFactory.create_batch(8, contact=contact)
    assert queries(client) == few


def test_get_never_writes(sign_in, monkeypatch):
    from ilo_cms.core.middleware import WriteOnGetError
    from ilo_cms.extranet.views import home
    from ilo_cms.notifications.models import Notification

    def writing(request):
        Notification.objects.update(text="x")

    monkeypatch.setattr(home, "contact_home", writing)
    with pytest.raises(WriteOnGetError):
        sign_in(ContactFactory().user).get("/")
