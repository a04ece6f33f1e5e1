"""A provider, its officer and a request for a CV and a Kbis."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from ilo_cms.document_requests import answers
from ilo_cms.document_requests.decisions import Verdict, decide
from ilo_cms.document_requests.models import DocumentRequest
from tests.documents.conftest import store, types  # noqa: F401
from tests.factories import ContactFactory, DocumentRequestFactory, OrganisationFactory
from tests.helpers import files
from tests.helpers.intranet import an_officer


@pytest.fixture
def officer(wired):
    return an_officer()


@pytest.fixture
def contact(officer):
    organisation = OrganisationFactory(name="Conseil Sol", referent=officer.officer)
    return ContactFactory(organisation=organisation)


@pytest.fixture
def asked(store, types, officer, contact) -> DocumentRequest:  # noqa: F811
    return DocumentRequestFactory(
        organisation=contact.organisation, asked_by=officer, items=["cv", "kbis"]
    )


def row(request: DocumentRequest, code: str = "kbis"):
    """One row of a request, as it is now."""
    found = DocumentRequest.objects.get(pk=request.pk)
    item = found.items.select_related("document", "type").get(type__code=code)
    item.request = found
    return item


def put(request, contact, code="kbis", content=None, name="kbis.pdf", **more):
    """Deposit a file in a row, as a contact."""
    fields = {
        "item": row(request, code),
        "file": ContentFile(files.pdf() if content is None else content, name=name),
        "acting_user": contact.user,
        "acting_as": contact,
    }
    return answers.deposit(**fields | more)


def judge(request, officer, code="kbis", accepted=True, reason="", **more):
    """Decide one row as an officer who sees it as it is."""
    item = row(request, code)
    verdict = Verdict(accepted=accepted, seen=item.stamp, reason=reason, **more)
    return decide(request=request, verdicts={item.pk: verdict}, acting_user=officer)


def in_days(days: int):
    """A day from today."""
    return timezone.localdate() + timedelta(days=days)
