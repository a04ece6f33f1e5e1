"""Depositing, replacing, withdrawing: one stored file, one row, nothing lost (SPEC D2)."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import faults
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.documents import services, storage
from ilo_cms.documents.models import Document, Scan, expiry
from ilo_cms.documents.turns import TOGETHER
from ilo_cms.referentials.models import DocumentType
from tests.documents.conftest import kept
from tests.factories import ContactFactory
from tests.helpers import files
from tests.helpers.intranet import an_officer


pytestmark = pytest.mark.django_db


@pytest.fixture
def marina():
    return ContactFactory(organisation__name="Conseil Sol")


def acts() -> list[str]:
    """What the log says, oldest first."""
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


def test_a_deposit_keeps_the_file_once_and_says_so_in_the_log(deposit, marina, store):
    content = files.pdf()
    document, is_new = deposit(marina, content, name="../CV\u202e Marina.pdf")
    assert is_new and document.name == "CV Marina.pdf"
    assert (document.size, document.media_type) == (len(content), "application/pdf")
    assert document.scan == Scan.UNSCANNED and not document.is_encrypted
    with storage.open_content(document.digest) as file:
        assert file.read() == content
    assert [path.name for path in kept(store)] == [document.digest]
    assert acts() == ["document.deposited"] and not list(faults())


def test_the_same_file_twice_is_one_row(deposit, marina, store):
    content = files.pdf()
    first, _ = deposit(marina, content)
    second, is_new = deposit(marina, content, name="autre.pdf")
    assert not is_new and second == first
    assert Document.objects.count() == 1 and acts() == ["document.deposited"]


def test_the_same_file_in_two_places_is_two_rows_and_one_content(deposit, marina, store):
    content = files.pdf()
    deposit(marina, content)
    deposit(marina, content, code="plaquette")
    assert Document.objects.count() == 2 and len(kept(store)) == 1


def test_a_place_takes_so_many_files_of_a_type_a_day(deposit, marina, store, monkeypatch):
    monkeypatch.setattr(services, "DEPOSITS_A_DAY", 3)
    sent = [deposit(marina, files.pdf(pages=n + 1))[0] for n in range(3)]
    with pytest.raises(ValidationError, match="3 fichiers de ce type") as refusal:
        deposit(marina, files.pdf(pages=4), replaces=sent[0])
    assert refusal.value.code == "quota" and Document.objects.current().count() == 3
    assert deposit(marina, files.pdf(pages=3)) == (sent[2], False)
    deposit(marina, name="kbis.pdf", code="kbis")
    deposit(ContactFactory(organisation=marina.organisation), files.pdf(pages=4))
    Document.objects.filter(pk=sent[0].pk).update(reach="offer")
    deposit(marina, files.pdf(pages=4))
    day = timezone.now() - timedelta(days=1)
    Document.objects.filter(pk=sent[1].pk).update(created_at=day)
    deposit(marina, files.pdf(pages=5))


def test_a_replaced_file_is_kept_out_of_sight(deposit, marina, store):
    first, _ = deposit(marina)
    second, _ = deposit(marina, files.pdf(pages=2), replaces=first)
    first.refresh_from_db()
    assert first.replaced_by == second and not first.is_current
    assert list(Document.objects.current()) == [second]
    assert len(kept(store)) == 2 and acts()[-1] == "document.replaced"


def test_two_people_who_replace_the_same_file_are_both_told(deposit, marina):
    first, _ = deposit(marina)
    deposit(marina, files.pdf(pages=2), replaces=first)
    with pytest.raises(ValidationError, match="Rechargez la page") as caught:
        deposit(marina, files.pdf(pages=3), replaces=first)
    assert caught.value.code == "conflict"
    assert Document.objects.current().count() == 1


def test_a_file_never_takes_the_place_of_another_type(deposit, marina):
    kbis, _ = deposit(marina, code="kbis", name="k.pdf")
    with pytest.raises(ValidationError, match="la place d’une autre pièce"):
        deposit(marina, files.pdf(pages=2), replaces=kbis)
    assert Document.objects.count() == 1


def test_withdrawing_twice_changes_once(deposit, marina, store):
    document, _ = deposit(marina)
    arguments = {"document": document, "acting_user": marina.user, "acting_as": marina}
    assert services.withdraw(**arguments) and not services.withdraw(**arguments)
    assert not Document.objects.current().exists() and len(kept(store)) == 1
    assert acts() == ["document.deposited", "document.withdrawn"]


def test_a_withdrawn_file_may_come_back(deposit, marina):
    document, _ = deposit(marina)
    services.withdraw(document=document, acting_user=marina.user, acting_as=marina)
    again, is_new = deposit(marina)
    assert is_new and again != document


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "cv.pdf", "est vide"),
        (b"<html>Bonjour</html>", "cv.pdf", "son contenu est autre chose"),
        (files.docx(**{"word__vbaProject.bin": b"x"}), "cv.docx", "contient des macros"),
        (files.pdf() + bytes(21 << 20), "cv.pdf", "dépasse 1 Mo"),
        (files.png(), "cv.png", "Enregistrez-le dans l’un de ces formats : PDF, DOCX ou ODT"),
        (b"MZ", "cv.pdf.exe", "Les fichiers .exe ne sont pas acceptés ici"),
        (b"MZ", "cv\u202efdp.exe", "Les fichiers .exe ne sont pas acceptés ici"),
        (b"bonjour", "cv", "n’a pas d’extension"),
    ],
)
def test_what_is_refused_is_said_in_a_sentence_and_leaves_nothing(
    deposit, marina, store, content, name, words
):
    with pytest.raises(ValidationError) as caught:
        deposit(marina, content, name=name)
    assert words in caught.value.messages[0].replace("\xa0", " ")
    assert not kept(store) and not Document.objects.exists() and not acts()


def test_a_format_that_nobody_can_check_is_refused_even_when_its_type_lists_it(
    deposit, marina, types
):
    DocumentType.objects.filter(code="cv").update(formats="pdf,exe")
    types["cv"].refresh_from_db()
    with pytest.raises(ValidationError, match=r"\.exe ne sont pas acceptés"):
        deposit(marina, b"MZ", name="cv.exe")


def test_a_locked_pdf_is_flagged_where_its_type_allows_it(deposit, marina, types):
    content = files.pdf(lambda writer: writer.encrypt("secret", algorithm="AES-256"))
    with pytest.raises(ValidationError, match="mot de passe"):
        deposit(marina, content)
    types["cv"].accepts_encrypted = True
    document, _ = deposit(marina, content)
    assert Document.objects.get(pk=document.pk).is_encrypted


def test_a_type_that_is_no_longer_proposed_takes_nothing(deposit, marina, types):
    types["cv"].is_active = False
    with pytest.raises(ValidationError, match="n’est plus proposé"):
        deposit(marina)


def a_former(contact: Contact) -> dict:
    Contact.objects.filter(pk=contact.pk).update(ended_on="2026-01-31")
    return {"acting_as": Contact.objects.get(pk=contact.pk)}


def an_inactive(contact: Contact) -> dict:
    Organisation.objects.filter(pk=contact.organisation_id).update(is_active=False)
    return {"acting_as": Contact.objects.get(pk=contact.pk)}


def a_stranger(contact: Contact) -> dict:
    other = ContactFactory()
    return {"acting_as": other, "acting_user": other.user}


def a_colleague(contact: Contact) -> dict:
    other = ContactFactory(organisation=contact.organisation)
    return {"acting_as": other, "acting_user": other.user}


def nobody(contact: Contact) -> dict:
    return {"acting_as": None}


def an_impostor(contact: Contact) -> dict:
    return {"acting_user": ContactFactory().user}


@pytest.mark.parametrize(
    "who", [a_former, an_inactive, a_stranger, a_colleague, nobody, an_impostor]
)
def test_others_deposit_nothing_in_a_person_s_place(deposit, marina, store, who):
    with pytest.raises(PermissionDenied):
        deposit(marina, **who(marina))
    assert not kept(store) and not acts()


def test_a_colleague_deposits_for_the_organisation(deposit, marina):
    document, _ = deposit(marina, code="kbis", name="k.pdf", **a_colleague(marina))
    assert document.organisation == marina.organisation and document.contact is None


@pytest.mark.usefixtures("wired")
def test_nobody_gives_a_structure_the_cv_of_another_s_contact(deposit, marina):
    with pytest.raises(PermissionDenied, match="pas un contact de cette structure"):
        deposit(marina, owner=ContactFactory(), acting_user=an_officer(), acting_as=None)


def test_who_leaves_while_the_file_arrives_deposits_nothing(deposit, marina, monkeypatch):
    real = storage.keep

    def leave(incoming):
        real(incoming)
        Contact.objects.filter(pk=marina.pk).update(ended_on="2026-01-31")

    monkeypatch.setattr(storage, "keep", leave)
    with pytest.raises(PermissionDenied, match="quitté"):
        deposit(marina)
    assert not Document.objects.exists()


@pytest.mark.usefixtures("wired")
def test_an_officer_deposits_on_request(deposit, marina):
    document, _ = deposit(marina, acting_user=an_officer(), acting_as=None)
    assert document.contact == marina


@pytest.mark.parametrize(
    ("months", "start", "end"),
    [
        (None, date(2026, 1, 1), None),
        (3, date(2026, 11, 22), date(2027, 2, 22)),
        (6, date(2026, 8, 31), date(2027, 2, 28)),
        (36, date(2024, 2, 29), date(2027, 2, 28)),
    ],
)
def test_validity_counts_in_months(months, start, end):
    assert expiry(DocumentType(validity_months=months), start) == end


def test_validity_starts_at_the_document_s_own_date(deposit, marina):
    kbis, _ = deposit(marina, code="kbis", name="k.pdf", issued_on=date(2026, 1, 31))
    assert kbis.expires_on == date(2026, 4, 30) and kbis.is_expired
    other, _ = deposit(marina, files.pdf(pages=2), code="kbis", name="k.pdf")
    assert other.expires_on == expiry(other.type, timezone.localdate()) and not other.is_expired


def full_disk(error: int):
    """What the system says when there is no room."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    return fail


GB = 1 << 30


@pytest.mark.parametrize(
    ("total", "free", "is_kept"),
    [(4 * GB, GB // 2, True), (4 * GB, GB // 3, False), (900 * GB, GB, True), (900 * GB, 9, False)],
)
def test_files_leave_room_for_the_database(
    deposit, marina, store, monkeypatch, total, free, is_kept
):
    disk = SimpleNamespace(total=total, free=free)
    monkeypatch.setattr("ilo_cms.documents.storage.shutil.disk_usage", lambda _: disk)
    if is_kept:
        assert deposit(marina)[1]
        return
    with pytest.raises(storage.NoSpaceError):
        deposit(marina)
    assert not kept(store) and not Document.objects.exists()


@pytest.mark.parametrize("place", ["tempfile.mkstemp", "hashlib.sha256", "os.fsync", "os.replace"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_leaves_no_half_file_and_works_again(
    deposit, marina, store, monkeypatch, place, error
):
    with monkeypatch.context() as patch:
        patch.setattr(f"ilo_cms.documents.storage.{place}", full_disk(error))
        with pytest.raises(storage.NoSpaceError):
            deposit(marina)
    assert not kept(store) and not Document.objects.exists()
    assert deposit(marina)[1]


def test_a_refused_file_and_a_failed_row_leave_no_temporary_file(
    deposit, marina, store, monkeypatch
):
    monkeypatch.setattr(services, "record", failing)
    with pytest.raises(RuntimeError):
        deposit(marina)
    assert not Document.objects.exists()
    assert not [path for path in kept(store) if "incoming" in str(path)]


def failing(*_: object, **__: object) -> None:
    raise RuntimeError


def test_a_content_swept_between_arrival_and_row_is_asked_for_again(deposit, marina, monkeypatch):
    monkeypatch.setattr(storage, "exists", lambda digest: False)
    with pytest.raises(ValidationError, match="Envoyez-le à nouveau"):
        deposit(marina)
    assert not Document.objects.exists()


def test_another_storage_than_the_disk_keeps_files_too(deposit, marina, settings, store):
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"default": memory}
    content = files.pdf()
    document, _ = deposit(marina, content)
    deposit(marina, content, code="plaquette")
    with storage.open_content(document.digest) as file:
        assert file.read() == content
    assert default_storage.listdir(f"documents/{document.digest[:2]}")[1] == [document.digest]
    assert not kept(store)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_from_several_tabs_at_once_is_one_row(deposit, marina):
    content = files.pdf()

    def one(_: int) -> bool:
        try:
            return deposit(marina, content)[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(TOGETHER) as pool:
        made = list(pool.map(one, range(4)))
    assert sorted(made) == [False, False, False, True]
    assert Document.objects.count() == 1
