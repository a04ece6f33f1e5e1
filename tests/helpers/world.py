"""One person of every role around one organisation, "Conseil Sol", and one object of each kind."""

from collections.abc import Callable
from uuid import uuid4

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact, LegacyValue
from ilo_cms.directory.officers import sync_groups
from ilo_cms.documents.models import Reach
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.support.models import SupportScreenshot
from ilo_cms.tenders.models import Deposit, DepositKind, Offer, Question, TenderAttachment
from tests.evaluations.factories import EvaluationFactory, SatisfactionRequestFactory
from tests.factories import (
    ActionFactory,
    AssignmentFactory,
    ContactFactory,
    DepartmentFactory,
    DocumentFactory,
    DocumentRequestFactory,
    EngagementContactFactory,
    EngagementFactory,
    MeetingFactory,
    OfficerFactory,
    OrganisationFactory,
    ResourceFactory,
    SupportRequestFactory,
    UserFactory,
)
from tests.tenders.drafts import a_draft, a_sent_tender, choose
from tests.tenders.offers import in_deposit


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
        "meeting_file": MeetingFactory(contacts=[provider], confirmed=True).pk,
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
    keys |= calls(people, contacts) | offers(contacts)
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
        "engagement_action_edit": ActionFactory(engagement=engagement).pk,
        "engagement_participant": EngagementContactFactory(engagement=engagement).pk,
        "engagement_resource": ResourceFactory(engagement=engagement).pk,
        "own_resource": ResourceFactory(
            engagement=engagement, organisation=contacts["provider"].organisation
        ).pk,
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


def offers(contacts: dict[str, Contact]) -> dict[str, object]:
    """A tender in which the provider has deposited, by address."""
    provider = contacts["provider"]
    tender = in_deposit(provider)
    offer = Offer.objects.create(invitation=tender.invitations.get())
    content = {"price": "1200.00", "days": "2.00", "message": "", "place": ""}
    row = Deposit.objects.create(
        key=uuid4(),
        offer=offer,
        number=1,
        kind=DepositKind.DEPOSITED,
        at=tender.published_at,
        by=provider.user,
        requirements=tender.requirements,
        content=content | {"partners": [], "files": []},
        digest="0" * 64,
    )
    keys = dict.fromkeys(["offer", "offer_confirm", "offer_withdraw"], offer.pk)
    keys |= dict.fromkeys(["deposit_receipt", "deposit_receipt_pdf"], row.pk)
    below = ["", "_offer", "_offer_file", "_offer_file_remove"]
    return keys | {f"tender{name}": tender.pk for name in below}


def calls(people: dict[str, User | None], contacts: dict[str, Contact]) -> dict[str, object]:
    """A tender in preparation and one that was sent to the provider, by address."""
    engagement = EngagementFactory(officer=people["referent"].officer)
    draft = a_draft(engagement)
    invitation = choose(draft, OrganisationFactory())[0]
    sent = a_sent_tender(contacts["provider"].organisation, engagement=engagement)
    question = Question.objects.create(
        tender=sent,
        invitation=sent.invitations.get(),
        asked_by=contacts["provider"],
        text="Combien de salariés ?",
    )
    attachment = TenderAttachment.objects.create(
        tender=sent, title="Statuts", document=DocumentFactory(reach=Reach.PARTIES)
    )
    names = ["page", "edit", "publish", "recipients", "copy", "act", "opening", "archive"]
    return {f"tender_{name}": draft.pk for name in names} | {
        "tender_create": engagement.pk,
        "tender_outside": engagement.pk,
        "tender_amend": sent.pk,
        "tender_answer": question.pk,
        "tender_take_off": invitation.pk,
        "tender_take_back": attachment.pk,
    }
