"""What the author of a deposited offer reads of what still counts, or does not (SPEC T4, T7)."""

from decimal import Decimal
from html import unescape
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.referentials.models import DocumentType
from ilo_cms.tenders.deposits import deposit, withdraw
from ilo_cms.tenders.models import Tender
from ilo_cms.tenders.offers import save_draft
from tests.factories import DocumentTypeFactory
from tests.helpers.files import pdf
from tests.tenders.drafts import a_sent_tender, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, read


pytestmark = pytest.mark.django_db

DIFFERS = "ces changements ne comptent qu’une fois l’offre déposée à nouveau"
MODIFIED = "Déposez à nouveau l’offre que vous avez modifiée"
INCOMPLETE = "Complétez votre offre et déposez-la à nouveau"


@pytest.fixture
def browser(client, marina):
    client.force_login(marina.user)
    return client


@pytest.fixture
def offer(marina):
    return deposited(in_deposit(marina), marina)


def text(browser, name, row) -> str:
    return unescape(browser.get(reverse(name, args=[row.pk])).text)


def page(browser, name) -> str:
    return unescape(browser.get(reverse(name)).text)


def test_a_draft_changed_after_its_deposit_says_that_it_does_not_count(browser, marina, offer):
    tender = offer.invitation.tender
    assert DIFFERS not in text(browser, "tender_offer", tender)
    DocumentType.objects.update(label="Un autre intitulé")
    assert DIFFERS not in text(browser, "tender_offer", tender)
    save_draft(offer=offer, values={"price": Decimal("9.50")}, acting_as=marina)
    assert DIFFERS in text(browser, "tender_offer", tender)
    assert "brouillon modifié" in text(browser, "tender", tender)
    assert "brouillon modifié" in page(browser, "tenders")
    assert MODIFIED in page(browser, "home")
    deposit(offer=read(offer), key=uuid4(), acting_as=marina)
    assert DIFFERS not in text(browser, "tender_offer", tender)
    assert "brouillon modifié" not in text(browser, "tender", tender)
    assert "brouillon modifié" not in page(browser, "tenders")
    assert MODIFIED not in page(browser, "home")


def test_a_file_added_after_a_deposit_is_not_said_to_go_with_it(browser, marina, offer):
    file = SimpleUploadedFile("autre.pdf", pdf(pages=2), "application/pdf")
    data = {"acting_as": str(marina.pk), "type": "offre-intervention", "file": file}
    address = reverse("tender_offer_file", args=[offer.invitation.tender_id])
    answer = browser.post(address, data, headers={"X-Requested-With": "upload"}).json()
    assert "déposez à nouveau pour qu’il compte" in answer["said"]
    assert DIFFERS in unescape(answer["summary"])


def test_an_offer_that_lacks_what_is_required_since_is_not_to_be_confirmed(browser, offer):
    tender = offer.invitation.tender
    Tender.objects.update(requirements=2)
    assert "Confirmer mon offre telle quelle" in text(browser, "offer", offer)
    assert "Confirmez votre offre" in page(browser, "home")
    assert "offre à confirmer" in page(browser, "tenders")
    tender.required_types.add(DocumentTypeFactory(code="references", label="Références"))
    said = text(browser, "offer", offer)
    assert "Document exigé depuis votre dépôt\xa0: Références." in said
    assert "Confirmer mon offre telle quelle" not in said
    assert INCOMPLETE in page(browser, "home")
    assert "Confirmez votre offre" not in page(browser, "home")
    assert "offre à compléter" in page(browser, "tenders")
    assert "joignez-le et déposez-la à nouveau jusqu’au" in text(browser, "tender", tender)


def test_lists_ask_as_much_for_many_offers_that_are_behind(browser, marina):
    references = DocumentTypeFactory(code="references", label="Références")

    def asked() -> list[int]:
        counts = []
        for name in ("home", "tenders"):
            with CaptureQueriesContext(connection) as queries:
                page(browser, name)
            counts.append(len(queries))
        return counts

    def behind(count: int) -> None:
        for _ in range(count):
            row = deposited(in_deposit(marina), marina)
            row.partners.create(name="Seule")
            row.invitation.tender.required_types.add(references)
        Tender.objects.update(requirements=2)

    behind(2)
    page(browser, "home")
    few = asked()
    behind(4)
    assert asked() == few


def test_a_withdrawn_offer_leads_back_to_its_draft(browser, marina, offer):
    assert "<h1>Votre offre déposée</h1>" in text(browser, "offer", offer)
    withdraw(offer=offer, key=uuid4(), acting_as=marina)
    said = text(browser, "offer", offer)
    assert "<h1>Votre offre</h1>" in said and "Reprendre mon brouillon" in said


def test_nobody_takes_on_a_call_that_asks_for_nothing_any_more(browser, marina):
    tender = a_sent_tender(marina.organisation)
    assert "Je m’en occupe" in text(browser, "tender", tender)
    pass_deadlines(tender, deposits=True)
    assert "Je m’en occupe" not in text(browser, "tender", tender)
