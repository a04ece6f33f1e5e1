"""A link that acts for whoever holds it stays unknown to the support (SPEC A12, M5)."""

import pytest

from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record
from ilo_cms.notifications.models import Notification, OutboxMessage
from tests.factories import ContactFactory


@pytest.mark.django_db
def test_the_link_that_cancels_an_address_is_in_the_mail_only(wired):
    contact = ContactFactory()
    save_record(
        contact=contact,
        target=Target.CONTACT,
        record_id=contact.pk,
        values={"email": "neuve@sol.example"},
    )
    assert "/compte/adresse/annuler/" in OutboxMessage.objects.get(recipient=contact.user).body
    notices = Notification.objects.filter(recipient=contact.user)
    assert [notice.path for notice in notices] == ["/mes-informations/"]
