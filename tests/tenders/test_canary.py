"""A canary in every field and file of sealed offers: no page, list, export or row sings (SPEC T9).

Every address is asked, with the keys of the tender, the offers and their files, and every list of
the intranet as an export too, by those who read most: the team, administrators, another invited
provider. What the other roles reach at all is in the permission matrix.
"""

import io
import re
import zipfile
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.urls import Resolver404, resolve

from ilo_cms.audit.models import AuditDetail, AuditEvent
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.tenders.deposits import confirm, deposit, withdraw
from ilo_cms.tenders.models import Deposit, Offer, Tender
from ilo_cms.tenders.offers import Partner, add_file, draft_of, save_draft, set_partners
from ilo_cms.tenders.opening import open_tender
from tests.factories import EngagementFactory, EstablishmentFactory
from tests.helpers.files import pdf
from tests.helpers.world import everyone
from tests.tenders.drafts import a_sent_tender, accept, pass_deadlines
from tests.tenders.offers import offer_type, read
from tests.test_permission_matrix import routes


pytestmark = pytest.mark.django_db

CANARY, PRICE = "Canarijaune", Decimal("7654.32")
SPACE = rb"(?:\s|\xc2\xa0|\xe2\x80\xaf)?"
SONG = re.compile(CANARY.encode() + rb"|7" + SPACE + rb"654[.,]32", re.IGNORECASE)
#: Addresses that would end a session or change it, whoever asks.
LEFT_OUT = re.compile("logout|deconnexion|/admin/login|/compte/connexion")


def an_offer(tender: Tender, contact) -> Offer:
    """An offer with a canary everywhere."""
    place = tender.invitations.get(organisation=contact.organisation)
    offer = draft_of(invitation=place, acting_as=contact)
    office = EstablishmentFactory(organisation=contact.organisation)
    values = {"price": PRICE, "days": Decimal("3"), "message": CANARY, "establishment": office}
    save_draft(offer=offer, values=values, acting_as=contact)
    set_partners(offer=offer, partners=[Partner(f"{CANARY} associés")], acting_as=contact)
    content = pdf(lambda writer: writer.add_metadata({"/Title": CANARY}))
    file = ContentFile(content, name=f"{CANARY}.pdf")
    add_file(offer=offer, file=file, document_type=offer_type(), acting_as=contact)
    return read(offer)


@pytest.fixture
def sealed(wired):
    """People of every role, and the provider's offer: deposited, withdrawn, deposited again."""
    people, contacts = everyone()
    provider = contacts["provider"]
    officer = people["referent"].officer
    engagement = EngagementFactory(officer=officer, operator=officer.operator)
    organisations = [provider.organisation, contacts["stranger"].organisation]
    tender = a_sent_tender(*organisations, engagement=engagement)
    accept(tender)
    tender = pass_deadlines(tender)
    offer = an_offer(tender, provider)
    for act in (deposit, withdraw, deposit, confirm):
        act(offer=offer, key=uuid4(), acting_as=provider)
    return people, tender, offer


def addresses(tender: Tender, offer: Offer) -> list[str]:
    """Every address, with each key of this tender where it takes one; lists also as exports."""
    keys = [tender.pk, offer.pk, offer.files.get().document_id, offer.deposits.first().pk]
    found = []
    for route in routes():
        if LEFT_OUT.search(route.path) or "(?P" in route.path:
            continue
        path = re.sub(r"<(?!uuid)[^>]+>", "1", route.path.strip("^$"))
        if "<" in path:
            found += [re.sub(r"<[^>]+>", str(key), path) for key in keys]
            continue
        found.append(path)
        if path.startswith("/admin/"):
            found.append(f"{path}?export=csv")
    return list(dict.fromkeys(found))


def body_of(response) -> bytes:
    """All bytes of an answer; those of a ZIP unpacked."""
    content = b"".join(response) if response.streaming else response.content
    if content[:2] != b"PK":
        return content
    archive = zipfile.ZipFile(io.BytesIO(content))
    return b"".join(name.encode() + archive.read(name) for name in archive.namelist())


def songs(client, paths: list[str]) -> list[str]:
    """The addresses whose answer holds the canary."""
    heard = []
    for path in paths:
        try:
            resolve(path.partition("?")[0])
            response = client.get(path)
        except Resolver404:
            continue
        if SONG.search(body_of(response)):
            heard.append(path)
    return heard


@pytest.mark.own_database
@pytest.mark.parametrize("role", ["referent", "administrator", "stranger"])
def test_no_page_sings_to_anybody_but_the_authors(sealed, client, role):
    people, tender, offer = sealed
    client.raise_request_exception = False
    client.force_login(people[role])
    assert songs(client, addresses(tender, offer)) == []


@pytest.mark.own_database
def test_the_authors_hear_it_and_officers_after_the_opening(sealed, client):
    people, tender, offer = sealed
    client.raise_request_exception = False
    paths = addresses(tender, offer)
    client.force_login(people["provider"])
    assert f"/documents/{offer.files.get().document_id}/" in songs(client, paths)
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=people["referent"])
    client.force_login(people["referent"])
    heard = songs(client, paths)
    assert f"/documents/{offer.files.get().document_id}/" in heard
    assert f"/admin/mises-en-concurrence/{tender.pk}/" in heard


def test_no_row_but_those_of_offers_and_files_holds_it(sealed):
    """What the log, notices, mails and every other table keep before the opening."""
    for model in (AuditDetail, AuditEvent, Notification, OutboxMessage):
        rows = str(list(model.objects.values()))
        assert not SONG.search(rows.encode()), model
    own = {"tenders_offer", "tenders_offerpartner", "tenders_deposit", "documents_document"}
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  names of our own tables
            if SONG.search(str(cursor.fetchall()).encode()):
                found.add(table)
    assert found <= own
    assert Deposit.objects.count() == 3  # the confirmation had nothing to confirm
