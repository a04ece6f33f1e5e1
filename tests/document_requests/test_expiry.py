"""The end of a document's validity is told once per step, and shown on both sides (SPEC D6)."""

import pytest
from django.core.exceptions import ValidationError

from ilo_cms.document_requests.expiry import step_on, tell, tell_expiring
from ilo_cms.document_requests.models import ExpiryNotice, expiring_documents
from ilo_cms.documents.models import Document, expiry
from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.models import Notification
from ilo_cms.referentials.models import PlatformSettings
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
    assert step_on(in_days(left), in_days(0), (30, 7)) == step


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


def test_administrators_choose_the_days(certificate, contact):
    PlatformSettings.objects.update_or_create(
        pk=1, defaults={"expiry_first_days": 60, "expiry_last_days": 14}
    )
    assert ends(certificate, 61) == 0
    assert ends(certificate, 60) == 1 and ends(certificate, 15) == 1
    assert ends(certificate, 14) == 1
    days = ExpiryNotice.objects.order_by("told_at").values_list("days_before", flat=True)
    assert list(days) == [60, 60, 14]
    assert certificate in expiring_documents(in_days(0))


def test_the_last_reminder_does_not_come_before_the_first():
    with pytest.raises(ValidationError, match="30 jours au plus"):
        PlatformSettings(expiry_last_days=31).full_clean()
    PlatformSettings(expiry_last_days=30).full_clean()


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
