"""The end of a document's validity is told once per step, and shown on both sides (SPEC D6)."""

import pytest

from ilo_cms.document_requests.expiry import step_on, tell, tell_expiring
from ilo_cms.document_requests.models import ExpiryNotice
from ilo_cms.documents.models import Document, expiry
from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.models import Notification
from tests.document_requests.conftest import in_days
from tests.factories import DocumentFactory
from tests.helpers.intranet import as_


pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(store, types, contact):
    return DocumentFactory(contact=contact, type=types["kbis"], expires_on=in_days(31))


def ends(document, days: int) -> int:
    """Move its last day, run the job twice, and say how many were told."""
    Document.objects.filter(pk=document.pk).update(expires_on=in_days(days))
    return tell_expiring() + tell_expiring()


@pytest.mark.parametrize(("left", "step"), [(31, None), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7)])
def test_the_step_of_a_day(left, step):
    assert step_on(in_days(left), in_days(0)) == step


def test_each_step_is_told_once(certificate, contact):
    assert ends(certificate, 31) == 0
    last_day = in_days(20)
    Document.objects.filter(pk=certificate.pk).update(expires_on=last_day)
    assert tell_expiring() == 1 and tell_expiring() == 0
    notice = Notification.objects.get(kind="document.expiring")
    assert notice.recipient == contact.user and f"{last_day:%d/%m/%Y}" in notice.text
    assert not tell(document_id=certificate.pk)  # another worker was as fast
    assert ends(certificate, 5) == 1 and ExpiryNotice.objects.count() == 2
    assert ends(certificate, -1) == 0


def test_what_was_renewed_or_withdrawn_is_not_told(certificate, types, contact):
    Document.objects.filter(pk=certificate.pk).update(expires_on=in_days(10))
    tell_expiring()
    notice = Notification.objects.get(kind="document.expiring")
    assert still_true(notice)
    newer = DocumentFactory(contact=contact, type=types["kbis"], expires_on=in_days(80))
    assert not still_true(notice)
    newer.delete()
    Document.objects.filter(pk=certificate.pk).update(withdrawn_at=certificate.created_at)
    assert not still_true(notice) and ends(certificate, 3) == 0


def test_a_structure_nobody_reads_is_told_later(certificate, contact):
    contact.user.set_unusable_password()
    contact.user.save()
    assert ends(certificate, 10) == 0 and not ExpiryNotice.objects.exists()


def test_the_last_day_is_counted_in_calendar_months(types):
    assert expiry(types["kbis"], in_days(0).replace(month=1, day=31, year=2026)).day == 30


def test_both_sides_see_it(certificate, contact, officer, sign_in):
    Document.objects.filter(pk=certificate.pk).update(expires_on=in_days(10))
    home = sign_in(contact.user).get("/").content.decode()
    assert "expire bientôt" in home and str(certificate.type) in home
    page = as_(officer).get("/admin/pieces-jointes/?expiring=true").content.decode()
    assert certificate.name in page
