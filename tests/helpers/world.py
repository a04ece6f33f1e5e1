"""One person of every role around one organisation, "Conseil Sol", and one object of each kind."""

from collections.abc import Callable

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact, LegacyValue
from ilo_cms.directory.officers import sync_groups
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.support.models import SupportScreenshot
from tests.factories import (
    ActionFactory,
    AssignmentFactory,
    ContactFactory,
    DepartmentFactory,
    DocumentFactory,
    DocumentRequestFactory,
    EngagementContactFactory,
    EngagementFactory,
    EvaluationFactory,
    MeetingFactory,
    OfficerFactory,
    OrganisationFactory,
    ResourceFactory,
    SatisfactionRequestFactory,
    SupportRequestFactory,
    UserFactory,
)


ROLES = [
    "anonymous",  # a visitor
    "provider",  # the contact who asked for the change
    "colleague",  # another contact of the same organisation
    "stranger",  # a contact of another provider
    "former",  # a contact who left that organisation
    "beneficiary",  # a contact of a beneficiary
    "referent",  # the officer answerable for the record
    "officer",  # an officer of another operator
    "administrator",
    "analyst",
]


def everyone() -> tuple[dict[str, User | None], dict[str, Contact]]:
    """A person of each of ROLES (None for a visitor), and the memberships of those who have one."""
    referent = OfficerFactory(operator__operated_territories=[DepartmentFactory()])
    officer = OfficerFactory(operator__operated_territories=[DepartmentFactory(nord=True)])
    organisation = OrganisationFactory(name="Conseil Sol", referent=referent)
    contacts = {
        "provider": ContactFactory(organisation=organisation),
        "colleague": ContactFactory(organisation=organisation),
        "stranger": ContactFactory(),
        "former": ContactFactory(organisation=organisation, former=True),
        "beneficiary": ContactFactory(organisation__beneficiary=True),
    }
    people = {role: contact.user for role, contact in contacts.items()}
    people |= {
        "anonymous": None,
        "referent": referent.user,
        "officer": officer.user,
        "administrator": UserFactory(administrator=True),
        "analyst": UserFactory(analyst=True),
    }
    for person in filter(None, people.values()):
        sync_groups(person)
    return people, contacts


def keys_of(people: dict[str, User | None], contacts: dict[str, Contact]) -> Callable[[str], str]:
    """Make one object of each kind; returns what fills the variable of an address, by its name."""
    provider = contacts["provider"]
    request = save_record(
        contact=provider,
        target=Target.ORGANISATION,
        record_id=provider.organisation_id,
        values={"name": "Conseil Sol SCOP"},
    )
    notice = Notification.objects.create(
        recipient=provider.user,
        organisation_id=provider.organisation_id,
        kind="x",
        category="x",
        text="x",
    )
    old = LegacyValue.objects.create(
        organisation=provider.organisation, kind="skill", label="Divers"
    )
    helped = SupportRequestFactory(contact=provider)
    SupportScreenshot.objects.create(request=helped, content=b"x")
    document = DocumentFactory(contact=provider)
    meeting = MeetingFactory(
        engagement=EngagementFactory(officer=people["referent"].officer), contacts=[provider]
    )
    asked = DocumentRequestFactory(organisation=provider.organisation).pk
    names = ["", "_reuse", "_cannot", "_take_back", "_send", "_check", "_cancel", "_reopen"]
    names += ["_remind", "_deposit", "_archive", "_reschedule"]
    keys = {f"document_request{name}": asked for name in names} | {
        "meeting": meeting.pk,
        "meeting_propose": meeting.engagement.pk,
        "organisation_archive": provider.organisation_id,
        "mail_resend": OutboxMessage.objects.earliest("created_at").pk,
        "notification_read": notice.pk,
        "contact_activation": provider.pk,
        "contact_move": provider.pk,
        "second_factor_reset": people["provider"].pk,
        "old_value": old.pk,
        "support_start": provider.pk,
        "support_screenshot": helped.pk,
        "document_download": document.pk,
        "document_withdraw": document.pk,
    }
    keys |= engagements(people, contacts) | evaluations(people, contacts)
    return lambda name: str(keys.get(name, request.pk))


def engagements(people: dict[str, User | None], contacts: dict[str, Contact]) -> dict[str, object]:
    """An assignment of the provider for the beneficiary, by address."""
    assignment = AssignmentFactory(
        contact=contacts["provider"],
        engagement__beneficiary=contacts["beneficiary"].organisation,
        engagement__officer=people["referent"].officer,
    )
    engagement = assignment.engagement
    return {
        "assignment": assignment.pk,
        "engagement": assignment.engagement_id,
        "engagement_contacts": assignment.engagement_id,
        "engagement_documents": assignment.engagement_id,
        "engagement_meetings": assignment.engagement_id,
        "engagement_page": engagement.pk,
        "engagement_act": engagement.pk,
        "assignment_step": assignment.pk,
        "engagement_action": ActionFactory(engagement=engagement).pk,
        "engagement_participant": EngagementContactFactory(engagement=engagement).pk,
        "engagement_resource": ResourceFactory(engagement=engagement).pk,
    }


def evaluations(people: dict[str, User | None], contacts: dict[str, Contact]) -> dict[str, object]:
    """A shared evaluation of the provider and a form that waits for the beneficiary, by address."""
    evaluation = EvaluationFactory(
        shared=True,
        assignment__contact=contacts["provider"],
        assignment__engagement__officer=people["referent"].officer,
    )
    form = SatisfactionRequestFactory(
        engagement__beneficiary=contacts["beneficiary"].organisation,
        engagement__officer=people["referent"].officer,
        contact=contacts["beneficiary"],
    )
    return {
        "evaluation": evaluation.pk,
        "evaluation_read": evaluation.pk,
        "evaluation_page": evaluation.pk,
        "evaluation_edit": AssignmentFactory(done=True, engagement=form.engagement).pk,
        "satisfaction": form.pk,
        "satisfaction_page": form.pk,
        "engagement_satisfaction": form.engagement_id,
        "grid_preview": evaluation.grid_id,
        "grid_results": evaluation.grid_id,
    }
