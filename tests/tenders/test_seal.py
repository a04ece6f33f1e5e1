"""Ways around the seal that are no page of tenders: the log, the antivirus, the support (T9)."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.models import AuditDetail, AuditEvent
from ilo_cms.audit.services import assistant
from ilo_cms.directory.models import Contact
from ilo_cms.documents.models import Document, Scan
from ilo_cms.documents.scanning import store_verdict
from ilo_cms.notifications.models import Notification
from ilo_cms.tenders.deposits import withdraw
from ilo_cms.tenders.models import Deposit, Offer
from ilo_cms.tenders.notices_offers import still_an_author
from ilo_cms.tenders.offers import remove_file
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.scoring import state_conflict
from tests.factories import UserFactory
from tests.tenders.drafts import boss, pass_deadlines
from tests.tenders.offers import deposited, in_deposit


pytestmark = pytest.mark.django_db


@pytest.fixture
def tender(wired, marina):
    return in_deposit(marina)


@pytest.fixture
def offer(tender, marina):
    return deposited(tender, marina, price="7654.32", name="canari.pdf")


def opened(tender) -> None:
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=boss(tender))


def download(client, person, offer) -> None:
    client.force_login(person)
    address = reverse("document_download", args=[offer.files.get().document_id])
    answer = client.get(address)
    assert answer.status_code == 200
    assert b"".join(answer)


def test_reading_ones_own_sealed_file_leaves_no_line_that_says_so(client, marina, tender, offer):
    download(client, marina.user, offer)
    assert not AuditEvent.objects.filter(action="document.read").exists()
    opened(tender)
    download(client, marina.user, offer)
    assert AuditEvent.objects.get(action="document.read").actor_id == str(marina.user.pk)


def infect(document: Document) -> None:
    """Have the antivirus refuse a file."""
    Document.objects.update(scan=Scan.PENDING)
    store_verdict(document_id=document.pk, scan=Scan.INFECTED, words="Eicar")


def told_of_a_virus(kind: str) -> list[str]:
    return [row.recipient.email for row in Notification.objects.filter(kind=kind)]


def test_a_virus_in_a_sealed_file_is_told_to_its_authors_alone(marina, tender, offer):
    administrator = UserFactory(administrator=True)
    document = offer.files.get().document
    infect(document)
    assert told_of_a_virus("document.infected") == []
    assert told_of_a_virus("tender.infected") == [marina.user.email]
    notice = Notification.objects.get(kind="tender.infected")
    assert notice.path == f"/mises-en-concurrence/{tender.pk}/offre/"
    assert "canari" not in notice.text
    assert not any("canari" in str(row.content) for row in AuditDetail.objects.all())
    assert Document.objects.get(pk=document.pk).scan == Scan.INFECTED
    opened(tender)
    assert told_of_a_virus("document.infected") == [administrator.email]
    infect(document)
    assert told_of_a_virus("document.infected") == [administrator.email] * 2
    assert told_of_a_virus("tender.infected") == [marina.user.email]


def test_a_virus_is_told_of_what_was_deposited_not_of_what_was_taken_out(marina, tender, offer):
    file = offer.files.get()
    remove_file(offer_file=file, acting_as=marina)
    infect(file.document)
    assert told_of_a_virus("tender.infected") == [marina.user.email]
    withdraw(offer=offer, key=uuid4(), acting_as=marina)
    infect(file.document)
    assert told_of_a_virus("tender.infected") == [marina.user.email]


def test_the_mail_of_a_virus_goes_to_who_is_still_an_author(marina, offer):
    infect(offer.files.get().document)
    notice = Notification.objects.get(kind="tender.infected")
    assert still_an_author(notice)
    Contact.objects.filter(pk=marina.pk).update(ended_on=timezone.localdate())
    assert not still_an_author(notice)


def test_the_support_in_a_providers_place_reads_no_sealed_offer(marina, tender, offer):
    document = offer.files.get().document
    mark = assistant.set("Une administratrice")
    try:
        assert not Offer.objects.known_to(marina).exists()
        assert not Deposit.objects.known_to(marina).exists()
        assert document not in Document.objects.visible_to(marina.user, marina)
        notices = Notification.objects.visible_to(marina.user, marina.organisation_id)
        assert not notices.filter(kind="tender.receipt").exists()
        opened(tender)
        assert list(Offer.objects.known_to(marina)) == [offer]
    finally:
        assistant.reset(mark)
    assert Notification.objects.visible_to(marina.user, marina.organisation_id).filter(
        kind="tender.receipt"
    )


def test_a_conflict_taken_back_stays_in_the_log(tender, offer):
    opened(tender)
    for conflict, text in ((True, "Ancien employeur"), (False, "Une homonyme")):
        state_conflict(tender=tender, has_conflict=conflict, text=text, acting_user=boss(tender))
    last = AuditEvent.objects.filter(action="tender.conflict_stated").latest("sequence")
    said = str(last.detail.content)
    assert "Ancien employeur" in said
    assert "Aucun conflit" in said
