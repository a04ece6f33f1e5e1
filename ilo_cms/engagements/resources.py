"""Resources and deliverables: depositing, sharing, taking back a share, withdrawing (SPEC E9)."""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db.models import Q
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.documents.checks.formats import Findings
from ilo_cms.documents.models import Document, Reach
from ilo_cms.documents.services import as_it_is_now, check_proposed, receive, record_deposit
from ilo_cms.engagements.changes import check_new, locked_engagement, needed
from ilo_cms.engagements.models import Assignment, Engagement, Resource, ResourceShare
from ilo_cms.engagements.parties import parties
from ilo_cms.engagements.policies import can_deposit_resource, can_manage_resource
from ilo_cms.referentials.models import DocumentType


def readers(user: User, contact: Contact | None) -> Q:
    """On a document: it is the file of a resource that this person sees."""
    found = Resource.objects.visible_to(user, contact).exclude(document=None)
    return Q(pk__in=found.order_by().values("document"))


def file_types():
    """The types of file that parties of an engagement exchange."""
    return DocumentType.objects.active().filter(audience=DocumentType.Audience.ENGAGEMENT)


def party_label(engagement: Engagement, party: Organisation) -> str:
    """A party's name, and as what it takes part."""
    role = "bénéficiaire" if party.pk == engagement.beneficiary_id else "prestataire"
    return f"{party} ({role})"


def depositor(user: User, acting_as: Contact | None, engagement: Engagement) -> Organisation:
    """The organisation for which a person deposits."""
    if acting_as:
        return acting_as.organisation
    officer = active_officer(user)
    return officer.operator if officer else engagement.operator


def deposit_resource(
    *,
    key: UUID,
    engagement: Engagement,
    title: str,
    acting_user: User,
    acting_as: Contact | None = None,
    assignment: Assignment | None = None,
    file: File | None = None,
    file_type: DocumentType | None = None,
    url: str = "",
    note: str = "",
    shared_with: Iterable[Organisation] = (),
) -> Resource:
    """Attach a file, a link or a note, and share it with some parties.

    Without `acting_as` an officer deposits. `key` is the resource's own, made with the form: the
    same form sent twice deposits once. The file is checked and kept before the transaction. Raises
    PermissionDenied, ValidationError by field, and what `documents.services.receive` raises.
    """
    can_deposit_resource(acting_user, acting_as, engagement, assignment).enforce()
    resource = Resource(
        pk=key,
        engagement=engagement,
        assignment=assignment,
        title=title.strip(),
        url=url.strip(),
        note=note.strip(),
        organisation=depositor(acting_user, acting_as, engagement),
        deposited_by=acting_user,
    )
    if url and not url.lower().startswith(("https://", "http://")):
        raise ValidationError({"url": "Le lien commence par https:// ou http://."})
    received = None
    if file:
        if file_type is None or file_type.audience != DocumentType.Audience.ENGAGEMENT:
            raise ValidationError({"file_type": "Choisissez le type de ce fichier."})
        check_proposed(file_type)
        received = receive(
            file=file,
            document_type=file_type,
            organisation=resource.organisation,
            owner=None,
            acting_user=acting_user,
        )
        received[0].reach = Reach.PARTIES
    return keep(
        resource=resource, received=received, acting_as=acting_as, shared_with=list(shared_with)
    )


@logged
def keep(
    *,
    resource: Resource,
    received: tuple[Document, Findings] | None,
    acting_as: Contact | None,
    shared_with: list[Organisation],
) -> Resource:
    """Write a resource whose file is kept; see `deposit_resource`."""
    row = locked_engagement(resource.engagement)
    acting_as = as_it_is_now(acting_as)
    assignment = resource.assignment
    if assignment:
        assignment = row.assignments.select_related("provider").filter(pk=assignment.pk).first()
        if assignment is None:
            raise ValidationError({"assignment": "Cette prestation est d’un autre accompagnement."})
    actor = resource.deposited_by
    can_deposit_resource(actor, acting_as, row, assignment).enforce()
    if known := Resource.objects.filter(pk=resource.pk, deposited_by=actor).first():
        return known
    check_new(resource.pk, Resource)
    if received:
        document, findings = received
        resource.document, _ = record_deposit(
            document=document, findings=findings, replaces=None, acting_as=acting_as
        )
    resource.full_clean()
    resource.save(force_insert=True)
    record(
        "resource.deposited",
        actor=actor,
        target=resource,
        organisation=resource.organisation,
        engagement=str(row),
    )
    for party in dict.fromkeys(shared_with):
        share_resource(
            resource=resource, organisation=party, acting_user=actor, acting_as=acting_as
        )
    return resource


def locked_resource(resource: Resource) -> Resource:
    """The resource read anew under the lock of its engagement."""
    engagement = locked_engagement(resource.engagement)
    row = Resource.objects.select_related("organisation", "assignment").get(pk=resource.pk)
    row.engagement = engagement
    if row.withdrawn_at:
        raise ValidationError("Cette ressource vient d’être retirée.", code="changed")
    return row


@logged
def share_resource(
    *,
    resource: Resource,
    organisation: Organisation,
    acting_user: User,
    acting_as: Contact | None = None,
) -> ResourceShare:
    """Show a resource to a party; one who sees it already is left so.

    Raises PermissionDenied, ValidationError.
    """
    row = locked_resource(resource)
    can_manage_resource(acting_user, as_it_is_now(acting_as), row).enforce()
    if organisation not in parties(row.engagement):
        raise ValidationError(f"{organisation} ne participe pas à cet accompagnement.")
    share, is_new = ResourceShare.objects.in_force().get_or_create(
        resource=row, organisation=organisation, defaults={"shared_by": acting_user}
    )
    if is_new:
        record(
            "resource.shared",
            actor=acting_user,
            target=row,
            organisation=organisation,
            party=str(organisation),
        )
    return share


@logged
def unshare_resource(
    *,
    resource: Resource,
    organisation: Organisation,
    acting_user: User,
    acting_as: Contact | None = None,
) -> bool:
    """Take a share back: the party reads it no longer, from now on. False if there was none.

    Raises PermissionDenied.
    """
    row = locked_resource(resource)
    can_manage_resource(acting_user, as_it_is_now(acting_as), row).enforce()
    shares = ResourceShare.objects.in_force().filter(resource=row, organisation=organisation)
    if not shares.update(revoked_at=timezone.now()):
        return False
    record(
        "resource.unshared",
        actor=acting_user,
        target=row,
        organisation=organisation,
        party=str(organisation),
    )
    return True


@logged
def withdraw_resource(
    *, resource: Resource, reason: str, acting_user: User, acting_as: Contact | None = None
) -> Resource:
    """Hide a resource from everyone; its row and file stay. Raises PermissionDenied."""
    row = locked_resource(resource)
    can_manage_resource(acting_user, as_it_is_now(acting_as), row).enforce()
    reason = needed(reason, "Dites pourquoi cette ressource est retirée.")
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    record(
        "resource.withdrawn",
        actor=acting_user,
        target=row,
        organisation=row.organisation,
        reason=reason,
    )
    return row
