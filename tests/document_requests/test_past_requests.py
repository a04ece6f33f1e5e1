"""The list of what was asked of an organisation: past requests too, and nobody else's."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.document_requests import answers
from tests.document_requests.conftest import put
from tests.factories import ContactFactory, DocumentRequestFactory, EngagementFactory
from tests.helpers.intranet import as_


pytestmark = pytest.mark.django_db

LIST = "/demandes/"


def read(sign_in, contact) -> str:
    return sign_in(contact.user).get(LIST).content.decode()


def test_past_requests_stay_in_the_list(sign_in, contact, officer, store, types):
    more = {"organisation": contact.organisation, "asked_by": officer}
    late = DocumentRequestFactory(late=True, **more)
    cancelled = DocumentRequestFactory(cancelled=True, **more)
    other = DocumentRequestFactory()
    page = read(sign_in, contact)
    for words in ("en retard", "annulée", str(late.pk), str(cancelled.pk)):
        assert words in page
    assert str(other.pk) not in page


def test_what_is_left_to_send_comes_before_what_is_checked(sign_in, contact, asked):
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    assert "à envoyer" in read(sign_in, contact)
    put(asked, contact, "cv", name="cv.pdf")
    answers.send(request=asked, acting_as=contact)
    assert "en cours de vérification" in read(sign_in, contact)


def test_nothing_was_asked(sign_in):
    assert "Aucune demande de pièces jointes" in read(sign_in, ContactFactory())


def test_twenty_requests_cost_as_many_queries_as_two(
    sign_in,
    contact,
    officer,
    store,
    types,
):
    client = sign_in(contact.user)

    def count(number: int) -> int:
        for _ in range(number):
            engagement = EngagementFactory(beneficiary=contact.organisation)
            DocumentRequestFactory(
                organisation=contact.organisation,
                asked_by=officer,
                engagement=engagement,
                items=["cv", "kbis"],
            )
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        return len(captured)

    count(1)
    assert count(1) == count(18)


@pytest.mark.usefixtures("indexed")
def test_the_record_leads_officers_to_its_requests(contact, officer, asked):
    DocumentRequestFactory(asked_by=officer)
    client = as_(officer)
    record = client.get(reverse("organisation:inspect", args=[contact.organisation_id]))
    words = contact.organisation.siren
    address = f"/admin/demandes-de-pieces/?etat=toutes&q={words}"
    assert address in record.content.decode().replace("&amp;", "&")
    page = client.get(address).content.decode()
    assert str(asked.pk) in page and "Il y a 1 correspondance" in page.replace("\xa0", " ")
