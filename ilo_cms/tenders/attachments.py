"""The files that come with a tender: put, taken back, read by all invited (SPEC T2)."""

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db.models import Q
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.directory.models import Contact
from ilo_cms.documents.checks.formats import Findings
from ilo_cms.documents.models import Reach
from ilo_cms.documents.services import check_proposed, receive, record_deposit
from ilo_cms.engagements.changes import needed
from ilo_cms.referentials.models import DocumentType
from ilo_cms.tenders.changes import add_event, raise_revision, to_change
from ilo_cms.tenders.diffusion import RUNNING, check_running, log_act
from ilo_cms.tenders.models import EventKind, Phase, Tender, TenderAttachment
from ilo_cms.tenders.notices_calls import sent, tell_invited
from ilo_cms.tenders.policies import can_run


def readers(user: User, contact: Contact | None) -> Q:
    """On a document: it comes with a tender that this person reads, and was not taken back."""
    tenders = Tender.objects.visible_to(user).order_by().values("pk")
    found = TenderAttachment.objects.filter(tender__in=tenders)
    if contact and contact.user_id == user.pk:
        found |= TenderAttachment.objects.known_to(contact)
    return Q(pk__in=found.order_by().values("document"))


def file_types():
    """The types of file that a tender may carry."""
    return DocumentType.objects.active().filter(audience=DocumentType.Audience.ENGAGEMENT)


def attach_file(
    *,
    tender: Tender,
    title: str,
    file: File,
    file_type: DocumentType,
    seen: int,
    acting_user: User,
) -> TenderAttachment:
    """Add a file to a tender; all invited are told once it was sent.

    The file is checked and kept before the transaction. Raises PermissionDenied, ValidationError by
    field, and what `documents.services.receive` raises.
    """
    can_run(acting_user, tender).enforce()
    title = needed(title, "Donnez un intitulé à ce fichier.", "title")
    if file_type.audience != DocumentType.Audience.ENGAGEMENT:
        raise ValidationError({"file_type": "Choisissez le type de ce fichier."})
    check_proposed(file_type)
    document, findings = receive(
        file=file,
        document_type=file_type,
        organisation=tender.engagement.operator,
        owner=None,
        acting_user=acting_user,
    )
    document.reach = Reach.PARTIES
    return keep(
        attachment=TenderAttachment(tender=tender, title=title, document=document),
        findings=findings,
        seen=seen,
        acting_user=acting_user,
    )


@logged
def keep(
    *, attachment: TenderAttachment, findings: Findings, seen: int, acting_user: User
) -> TenderAttachment:
    """Write an attachment whose file is kept; see `attach_file`."""
    row, now = to_change(attachment.tender, seen, acting_user)
    check_running(row, now, {Phase.PREPARATION, *RUNNING})
    attachment.tender = row
    attachment.document, _ = record_deposit(
        document=attachment.document, findings=findings, replaces=None, acting_as=None
    )
    attachment.full_clean()
    attachment.save(force_insert=True)
    raise_revision(row)
    log_act("tender.attachment_added", row, acting_user, title=attachment.title)
    if row.published_at:
        text = f"Une pièce est ajoutée au dossier : {attachment.title}."
        add_event(row, EventKind.AMENDED, at=now, by=acting_user, text=text)
        tell_invited("tender.amended", row, sent(row), message=text, consequence="")
    return attachment


@logged
def withdraw_attachment(
    *, attachment: TenderAttachment, seen: int, acting_user: User
) -> TenderAttachment:
    """Take a file back: the invited read it no longer, the team still does.

    Raises PermissionDenied, ValidationError.
    """
    row, now = to_change(attachment.tender, seen, acting_user)
    check_running(row, now, {Phase.PREPARATION, *RUNNING})
    found = TenderAttachment.objects.get(pk=attachment.pk)
    if found.withdrawn_at:
        raise ValidationError("Cette pièce vient d’être retirée.", code="changed")
    found.withdrawn_at = timezone.now()
    found.save(update_fields=["withdrawn_at"])
    raise_revision(row)
    log_act("tender.attachment_withdrawn", row, acting_user, title=found.title)
    if row.published_at:
        text = f"Une pièce est retirée du dossier : {found.title}."
        add_event(row, EventKind.AMENDED, at=now, by=acting_user, text=text)
        tell_invited("tender.amended", row, sent(row), message=text, consequence="")
    return found
