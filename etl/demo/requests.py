"""Requests for documents of the demonstration: a refused piece, one that waits, one late."""

import io
from datetime import timedelta
from uuid import uuid4

from django.core.files.base import ContentFile
from django.utils import timezone
from pypdf import PdfWriter

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact
from ilo_cms.document_requests.answers import cannot_provide, deposit, send
from ilo_cms.document_requests.decisions import Verdict, decide
from ilo_cms.document_requests.models import DocumentRequest
from ilo_cms.document_requests.services import ask
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.referentials.models import DocumentType


def ask_for_documents() -> int:
    """Make the three requests, unless an earlier run did; returns how many."""
    officer = User.objects.get(email="claire@dla-rhone.example")
    if DocumentRequest.objects.filter(asked_by=officer).exists():
        return 0
    refuse_one(officer)
    wait_for_the_gardens(officer)
    be_late(officer)
    return 3


def current(email: str) -> Contact:
    """The contact that a person is today."""
    rows = Contact.objects.select_related("user", "organisation")
    return rows.get(user__email=email, ended_on=None)


def types(*codes: str) -> list[DocumentType]:
    """Types of documents, by code."""
    return list(DocumentType.objects.filter(code__in=codes))


def blank_pdf(pages: int) -> bytes:
    """A PDF of blank pages."""
    writer, buffer = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    writer.write(buffer)
    writer.close()
    return buffer.getvalue()


def refuse_one(officer: User) -> None:
    """Conseil Sol sent two of three: one is accepted, one refused, one never came."""
    contact = current("paul@conseil-sol.example")
    request = ask(
        key=uuid4(),
        organisation=contact.organisation,
        types=types("attestation-vigilance", "attestation-fiscale", "rib"),
        message="Pour établir la convention, merci de m’envoyer ces pièces à jour.",
        due_on=timezone.localdate() + timedelta(days=10),
        acting_user=officer,
        assignment=Assignment.objects.filter(
            provider=contact.organisation, engagement__officer=officer.officer
        ).first(),
    )
    items = {item.type.code: item for item in request.items.select_related("request", "type")}
    for pages, code in enumerate(("attestation-vigilance", "attestation-fiscale"), start=1):
        deposit(
            item=items[code],
            file=ContentFile(blank_pdf(pages), name=f"{code}.pdf"),
            acting_user=contact.user,
            acting_as=contact,
        )
    sent = send(request=request, acting_as=contact)
    verdicts = {
        item.pk: Verdict(accepted=True, seen=item.stamp)
        if item.type.code == "attestation-fiscale"
        else Verdict(
            accepted=False,
            seen=item.stamp,
            reason="L’attestation date de plus de six mois : demandez-en une nouvelle à l’Urssaf.",
        )
        for item in sent
    }
    decide(request=request, verdicts=verdicts, acting_user=officer)


def wait_for_the_gardens(officer: User) -> None:
    """The Jardins partagés were asked for their statutes and accounts, and prepared an answer."""
    contact = current("jeanne@jardins-partages.example")
    engagement = Engagement.objects.filter(
        beneficiary=contact.organisation, operator=officer.officer.operator
    ).first()
    request = ask(
        key=uuid4(),
        organisation=contact.organisation,
        types=types("statuts", "comptes-annuels"),
        message="Nous les lirons ensemble pour le diagnostic.",
        due_on=timezone.localdate() + timedelta(days=21),
        acting_user=officer,
        engagement=engagement,
    )
    item = request.items.select_related("request").get(type__code="comptes-annuels")
    cannot_provide(item=item, reason="Notre premier exercice n’est pas clos.", acting_as=contact)


def be_late(officer: User) -> None:
    """Coop Atout was asked three weeks ago, and has not answered."""
    contact = current("leo@coop-atout.example")
    request = ask(
        key=uuid4(),
        organisation=contact.organisation,
        types=types("kbis", "assurance-rc"),
        message="Pour mettre votre fiche à jour.",
        due_on=timezone.localdate(),
        acting_user=officer,
    )
    DocumentRequest.objects.filter(pk=request.pk).update(
        created_at=timezone.now() - timedelta(days=21),
        due_on=timezone.localdate() - timedelta(days=7),
    )
