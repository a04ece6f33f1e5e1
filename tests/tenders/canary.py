"""Canaries in the fields and files of offers, and who hears them where (SPEC T9)."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from uuid import uuid4

from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Contact
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.tenders.deposits import confirm, deposit, withdraw
from ilo_cms.tenders.models import Offer, Tender
from ilo_cms.tenders.offers import Partner, add_file, draft_of, save_draft, set_partners
from tests.factories import EstablishmentFactory
from tests.helpers.files import pdf
from tests.tenders.offers import offer_type, read
from tests.test_permission_matrix import routes


#: Each canary has a number: in words, and as a price however it is written.
WORDS = re.compile(rb"canarijaune(\d\d)", re.IGNORECASE)
PRICE = re.compile(rb"7(?:\s|\xc2\xa0|\xe2\x80\xaf)?6(\d\d)[.,]32")
#: Addresses that would end a session or change it, whoever asks.
LEFT_OUT = re.compile("logout|deconnexion|/admin/login|/compte/connexion")
#: The addresses of offers and their files; only these are asked with the keys of every offer.
OF_OFFERS = re.compile("document|mises-en-concurrence|mise-en-concurrence")
#: The tables that hold sealed content.
OWN_TABLES = {"tenders_offer", "tenders_offerpartner", "tenders_deposit", "documents_document"}


def heard_in(content: bytes) -> set[int]:
    """The numbers of the canaries in some bytes."""
    return {int(found) for pattern in (WORDS, PRICE) for found in pattern.findall(content)}


def an_offer(tender: Tender, contact: Contact, number: int) -> Offer:
    """An offer with its canary everywhere: deposited, withdrawn, deposited again."""
    canary = f"Canarijaune{number:02}"
    place = tender.invitations.get(organisation=contact.organisation)
    offer = draft_of(invitation=place, acting_as=contact)
    values = {
        "price": Decimal(f"76{number:02}.32"),
        "days": Decimal("3"),
        "message": canary,
        "establishment": EstablishmentFactory(organisation=contact.organisation),
    }
    save_draft(offer=offer, values=values, acting_as=contact)
    set_partners(offer=offer, partners=[Partner(f"{canary} associés")], acting_as=contact)
    content = pdf(lambda writer: writer.add_metadata({"/Title": canary}))
    file = ContentFile(content, name=f"{canary}.pdf")
    add_file(invitation=offer.invitation, file=file, document_type=offer_type(), acting_as=contact)
    offer = read(offer)
    for act in (deposit, withdraw, deposit, confirm):
        act(offer=offer, key=uuid4(), acting_as=contact)
    return offer


def addresses(tender: Tender, *offers: Offer) -> list[str]:
    """Every address, with the keys of the tender and of these offers; lists also as exports."""
    notice = Notification.objects.filter(about_id__in=keys_of(offers[0])).latest("created_at")
    told = [notice.pk, OutboxMessage.objects.filter(notice=notice).latest("created_at").pk]
    found = []
    for path in named_addresses():
        if "<" not in path:
            found += [path, f"{path}?export=csv"] if path.startswith("/admin/") else [path]
            continue
        asked = offers if OF_OFFERS.search(path) else offers[:1]
        keys = [tender.pk, *told, *(key for offer in asked for key in keys_of(offer))]
        found += [re.sub(r"<[^>]+>", str(key), path) for key in keys]
    return list(dict.fromkeys(found))


def named_addresses() -> Iterator[str]:
    """Every address with each name and number it takes; those that take keys keep their place."""
    from ilo_cms.tenders.acts import ACTS  # Wagtail's forms load all hooks, and these load it

    events = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[:20]
    names: dict[str, Iterable[str]] = {"acte/<str:act>": ACTS, "textes/<str:kind_name>": KINDS}
    names |= {"journal/inspect/<int:pk>": [str(key) for key in events]}
    for route in routes():
        if LEFT_OUT.search(route.path) or "(?P" in route.path:
            continue
        path = route.path.strip("^$")
        taken = next((place for place in names if place in path), "")
        for name in names.get(taken, ["1"]):
            filled = path.replace(taken, f"{taken.partition('<')[0]}{name}") if taken else path
            yield re.sub(r"<(?!uuid)[^>]+>", "1", filled)


def keys_of(offer: Offer) -> list:
    """What an address may ask for of one offer."""
    return [offer.pk, offer.files.get().document_id, *offer.deposits.values_list("pk", flat=True)]


def body_of(response) -> bytes:
    """All bytes of an answer; those of a ZIP unpacked."""
    content = b"".join(response) if response.streaming else response.content
    if content[:2] != b"PK":
        return content
    archive = zipfile.ZipFile(io.BytesIO(content))
    return b"".join(name.encode() + archive.read(name) for name in archive.namelist())


def songs(client: Client, paths: Iterable[str]) -> dict[str, set[int]]:
    """The addresses whose answer holds canaries, and which."""
    heard = {}
    for path in paths:
        try:
            resolve(path.partition("?")[0])
            numbers = heard_in(body_of(client.get(path)))
        except Resolver404:
            continue
        if numbers:
            heard[path] = numbers
    return heard


def singing_tables() -> set[str]:
    """The tables of the database that hold a canary."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  names of our own tables
            if heard_in(str(cursor.fetchall()).encode()):
                found.add(table)
    return found
