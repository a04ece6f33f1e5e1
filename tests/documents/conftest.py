"""A private place for files, and the types of the record's slots."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from ilo_cms.directory.models import Contact
from ilo_cms.documents import services
from ilo_cms.documents.models import Document
from ilo_cms.referentials.models import DocumentType
from tests.helpers import files


@pytest.fixture
def store(tmp_path: Path, settings) -> Path:
    """The storage of this test alone."""
    place = tmp_path / "files"
    options = {"location": place, "base_url": None}
    default = settings.STORAGES["default"] | {"OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": default}
    return place


@pytest.fixture
def types(db) -> dict[str, DocumentType]:
    """CV, Kbis, plaquette, as the fixtures say, and a type of an engagement."""
    rows = [
        ("cv", "Curriculum vitae (CV)", "pdf,docx,odt", 1, None, "officers"),
        ("kbis", "Extrait Kbis", "pdf,png,jpg", 1, 3, "officers"),
        ("plaquette", "Plaquette", "pdf,png,jpg", 20, None, "officers"),
        ("livrable", "Livrable", "pdf,docx,xlsx,odt,ods,png,jpg", 20, None, "engagement"),
    ]
    names = ["code", "label", "formats", "maximum_megabytes", "validity_months", "audience"]
    return {
        row[0]: DocumentType.objects.update_or_create(
            code=row[0], defaults=dict(zip(names, row, strict=True))
        )[0]
        for row in rows
    }


@pytest.fixture
def deposit(store, types) -> Callable[..., tuple[Document, bool]]:
    """Deposit a file as a contact: `deposit(contact)`, with what differs."""

    def _deposit(contact: Contact, content: bytes | None = None, name="cv.pdf", code="cv", **more):
        content = files.pdf() if content is None else content
        fields = {
            "file": ContentFile(content, name=name),
            "document_type": types[code],
            "organisation": contact.organisation,
            "owner": contact if code == "cv" else None,
            "acting_user": contact.user,
            "acting_as": contact,
        }
        return services.deposit(**fields | more)

    return _deposit


def upload(content: bytes, name: str) -> io.BytesIO:
    """A file as the test client posts it."""
    file = io.BytesIO(content)
    file.name = name
    return file


def kept(store: Path) -> list[Path]:
    """Every file of the storage."""
    return [path for path in store.rglob("*") if path.is_file()]
