"""Rows for tests, by factory_boy. Traits name the cases that rules tell apart.

Everything is fictional: SIREN numbers begin with 000, which INSEE never gives, and pass Luhn.
"""

from datetime import date, timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory
from stdnum import luhn

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact, Establishment, Officer, Organisation
from ilo_cms.document_requests.models import DocumentRequest, DocumentRequestItem
from ilo_cms.documents import storage
from ilo_cms.documents.models import Document, Scan
from ilo_cms.engagements.models import (
    Action,
    ActionType,
    Assignment,
    AssignmentStatus,
    Engagement,
    EngagementContact,
    Resource,
    StageEntry,
)
from ilo_cms.engagements.parties import parties
from ilo_cms.meetings.models import Meeting, Participant, Slot
from ilo_cms.moderation.models import ChangeItem, ChangeRequest, Target
from ilo_cms.referencing.models import ReferencingRequest, Wish
from ilo_cms.referentials.models import DocumentType, Territory
from ilo_cms.support.models import SupportRequest


PASSWORD = "demo-ilo-2026"


def fictional_siren(number: int) -> str:
    """A SIREN of the range that INSEE never gives, with its Luhn key."""
    body = f"000{number % 100_000:05}"
    return body + luhn.calc_check_digit(body)


class RegionFactory(DjangoModelFactory):
    """Régions, made once per code."""

    class Meta:
        model = Territory
        django_get_or_create = ["kind", "code"]

    kind = Territory.Kind.REGION
    code = "84"
    label = "Auvergne-Rhône-Alpes"


class DepartmentFactory(DjangoModelFactory):
    """Départements, made once per code: the Rhône by default, the Nord by trait."""

    class Meta:
        model = Territory
        django_get_or_create = ["kind", "code"]

    class Params:
        nord = factory.Trait(
            code="59",
            label="Nord",
            region=factory.SubFactory(RegionFactory, code="32", label="Hauts-de-France"),
        )

    kind = Territory.Kind.DEPARTMENT
    code = "69"
    label = "Rhône"
    region = factory.SubFactory(RegionFactory)


class UserFactory(DjangoModelFactory):
    """People. Traits: `administrator`, `analyst`, `closed` (account closed), `no_email`.

    An administrator reaches the admin once `setup_ilo` has made the groups and `sync_groups` ran.
    """

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        administrator = factory.Trait(is_administrator=True)
        analyst = factory.Trait(is_analyst=True)
        closed = factory.Trait(is_active=False)
        no_email = factory.Trait(email=None)

    email = factory.Sequence(lambda n: f"personne{n}@exemple.example")
    first_name = factory.Iterator(["Marina", "Paul", "Inès", "Léo", "Jeanne"])
    last_name = factory.Sequence(lambda n: f"Martin{n:04}")
    password = factory.django.Password(PASSWORD)


class OrganisationFactory(DjangoModelFactory):
    """Organisations. A provider by default; traits `beneficiary`, `operator`, `cae`, `inactive`,
    `unsynchronised` (no SIREN yet), `restricted`."""

    class Meta:
        model = Organisation
        skip_postgeneration_save = True

    class Params:
        beneficiary = factory.Trait(is_provider=False, is_beneficiary=True)
        operator = factory.Trait(is_provider=False, is_operator=True)
        cae = factory.Trait(is_cae=True)
        inactive = factory.Trait(is_active=False)
        unsynchronised = factory.Trait(siren=None, insee_synced_at=None)
        restricted = factory.Trait(insee_restricted=True)

    name = factory.Sequence(lambda n: f"Structure {n:04}")
    siren = factory.Sequence(fictional_siren)
    head_office_nic = "00012"
    is_provider = True
    insee_synced_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def operated_territories(self, create, extracted, **kwargs):
        """`operated_territories=[…]` for an operator."""
        if create and extracted:
            self.operated_territories.set(extracted)


class EstablishmentFactory(DjangoModelFactory):
    """Places, in the Rhône. Trait `closed`."""

    class Meta:
        model = Establishment

    class Params:
        closed = factory.Trait(is_active=False)

    organisation = factory.SubFactory(OrganisationFactory)
    nic = factory.Sequence(lambda n: f"{n % 10_000 + 12:05}")
    name = factory.Sequence(lambda n: f"Établissement {n:04}")
    address_line = "1 rue de la République"
    postcode = "69002"
    city = "Lyon"
    city_code = "69382"
    department = factory.SubFactory(DepartmentFactory)


class ContactFactory(DjangoModelFactory):
    """Memberships with access. Traits `former` (has left) and `without_access`."""

    class Meta:
        model = Contact

    class Params:
        former = factory.Trait(ended_on=date(2026, 1, 31))
        without_access = factory.Trait(has_access=False)

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    establishment = factory.SubFactory(
        EstablishmentFactory, organisation=factory.SelfAttribute("..organisation")
    )
    function = "Consultant·e"
    phone = "+33612345678"
    has_access = True


class OfficerFactory(DjangoModelFactory):
    """Officers of an operator. Trait `gone`. See UserFactory about reaching the admin."""

    class Meta:
        model = Officer

    class Params:
        gone = factory.Trait(is_active=False)

    user = factory.SubFactory(UserFactory)
    operator = factory.SubFactory(OrganisationFactory, operator=True)
    phone = "+33472000000"


class DocumentTypeFactory(DjangoModelFactory):
    """Types of documents, made once per code: the CV by default."""

    class Meta:
        model = DocumentType
        django_get_or_create = ["code"]

    code = "cv"
    label = "Curriculum vitae (CV)"
    formats = "pdf,docx,odt"
    maximum_megabytes = 10


class DocumentFactory(DjangoModelFactory):
    """Documents of a contact, with a content that can be read. Traits `pending`, `infected`."""

    class Meta:
        model = Document

    class Params:
        pending = factory.Trait(scan=Scan.PENDING)
        infected = factory.Trait(scan=Scan.INFECTED)

    type = factory.SubFactory(DocumentTypeFactory)
    contact = factory.SubFactory(ContactFactory)
    organisation = factory.SelfAttribute("contact.organisation")
    uploaded_by = factory.SelfAttribute("contact.user")
    name = factory.Sequence(lambda n: f"cv-{n:04}.pdf")
    media_type = "application/pdf"

    @classmethod
    def _create(cls, model_class, *args, content: bytes = b"%PDF-1.4", **fields):
        with storage.received([content], len(content)) as incoming:
            storage.keep(incoming)
        fields |= {"digest": incoming.digest, "size": incoming.size}
        return super()._create(model_class, *args, **fields)


class EngagementFactory(DjangoModelFactory):
    """Engagements followed by an officer of the operator. Trait `closed`."""

    class Meta:
        model = Engagement

    class Params:
        closed = factory.Trait(closed_on=date(2026, 6, 30))

    beneficiary = factory.SubFactory(OrganisationFactory, beneficiary=True)
    officer = factory.SubFactory(OfficerFactory)
    operator = factory.SelfAttribute("officer.operator")
    title = factory.Sequence(lambda n: f"Accompagnement {n:04}")
    opened_on = date(2026, 1, 15)


class AssignmentFactory(DjangoModelFactory):
    """Assignments engaged with a provider. Traits `planned` (no provider yet), `done`."""

    class Meta:
        model = Assignment

    class Params:
        planned = factory.Trait(
            provider=None, establishment=None, contact=None, status=AssignmentStatus.PLANNED
        )
        done = factory.Trait(status=AssignmentStatus.DONE)

    engagement = factory.SubFactory(EngagementFactory)
    label = factory.Sequence(lambda n: f"Prestation {n:04}")
    contact = factory.SubFactory(ContactFactory)
    provider = factory.SelfAttribute("contact.organisation")
    establishment = factory.SelfAttribute("contact.establishment")
    amount = 5400
    days = 6
    starts_on = date(2026, 2, 1)
    ends_on = date(2026, 5, 31)
    status = AssignmentStatus.ENGAGED


class MeetingFactory(DjangoModelFactory):
    """Meetings proposed in a week, an hour long. `contacts=[…]`, `officers=[…]` and `slots=2` say
    who is invited and how many days in a row are proposed; traits `confirmed` (the first of them)
    and `cancelled`."""

    class Meta:
        model = Meeting
        skip_postgeneration_save = True

    class Params:
        cancelled = factory.Trait(
            cancelled_at=factory.LazyFunction(timezone.now), cancel_reason="Personne malade."
        )

    engagement = factory.SubFactory(EngagementFactory)
    organiser = factory.SelfAttribute("engagement.officer")
    title = factory.Sequence(lambda n: f"Rendez-vous {n:04}")
    place = "12 rue des Lilas, Lyon"

    @factory.post_generation
    def slots(self, create, extracted, **kwargs):
        """How many slots are proposed."""
        for day in range(extracted or 2):
            start = timezone.now().replace(microsecond=0) + timedelta(days=7 + day)
            Slot.objects.create(meeting=self, starts_at=start, ends_at=start + timedelta(hours=1))

    @factory.post_generation
    def contacts(self, create, extracted, **kwargs):
        """Contacts invited: of the beneficiary, or at work on an assignment."""
        for contact in extracted or ():
            Participant.objects.create(meeting=self, contact=contact)
            if contact.organisation not in parties(self.engagement):
                AssignmentFactory(engagement=self.engagement, contact=contact)

    @factory.post_generation
    def officers(self, create, extracted, **kwargs):
        """Colleagues invited."""
        for officer in extracted or ():
            Participant.objects.create(meeting=self, officer=officer)

    @factory.post_generation
    def confirmed(self, create, extracted, **kwargs):
        """`confirmed=True` keeps the first slot."""
        if extracted:
            self.chosen, self.sequence = Slot.objects.filter(meeting=self)[0], 1
            self.save()


class DocumentRequestFactory(DjangoModelFactory):
    """Requests made from a record, with one document to send. Traits `late`, `cancelled`.

    `items=[…]` names other types by their code; `engagement=…` makes it the engagement's.
    """

    class Meta:
        model = DocumentRequest
        skip_postgeneration_save = True

    class Params:
        late = factory.Trait(
            due_on=factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=3))
        )
        cancelled = factory.Trait(
            cancelled_at=factory.LazyFunction(timezone.now),
            cancelled_by=factory.SelfAttribute("asked_by"),
            cancel_reason="Le dossier est abandonné.",
        )

    organisation = factory.SubFactory(OrganisationFactory)
    asked_by = factory.LazyAttribute(lambda _: OfficerFactory().user)
    message = "Pour établir la convention."
    due_on = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=14))

    @factory.post_generation
    def items(self, create, extracted, **kwargs):
        """One row per type, the CV by default."""
        if create:
            for code in extracted or ["cv"]:
                kind = DocumentTypeFactory(code=code)
                DocumentRequestItem.objects.create(request=self, type=kind)


class StageEntryFactory(DjangoModelFactory):
    """Stages of an engagement: the reception, on the day it opened."""

    class Meta:
        model = StageEntry

    engagement = factory.SubFactory(EngagementFactory)
    stage = "accueil"
    entered_on = factory.SelfAttribute("engagement.opened_on")
    entered_by = factory.SelfAttribute("engagement.officer.user")


class ActionTypeFactory(DjangoModelFactory):
    """Types of action, made once per code: the officer's expertise by default."""

    class Meta:
        model = ActionType
        django_get_or_create = ["code"]

    class Params:
        consulting = factory.Trait(code="prestation-conseil", label="Prestation de conseil")

    code = "expertise"
    label = "Expertise du·de la chargé·e"


class ActionFactory(DjangoModelFactory):
    """Lines of a plan, of the officer's expertise."""

    class Meta:
        model = Action

    engagement = factory.SubFactory(EngagementFactory)
    kind = factory.SubFactory(ActionTypeFactory)
    label = factory.Sequence(lambda n: f"Action {n:04}")
    position = factory.Sequence(lambda n: n)
    created_on = date(2026, 1, 20)


class EngagementContactFactory(DjangoModelFactory):
    """Participants for the beneficiary."""

    class Meta:
        model = EngagementContact

    engagement = factory.SubFactory(EngagementFactory)
    contact = factory.SubFactory(
        ContactFactory, organisation=factory.SelfAttribute("..engagement.beneficiary")
    )


class ResourceFactory(DjangoModelFactory):
    """Notes that the officer left. Trait `link`."""

    class Meta:
        model = Resource

    class Params:
        link = factory.Trait(url="https://exemple.example/ressource", note="")

    engagement = factory.SubFactory(EngagementFactory)
    title = factory.Sequence(lambda n: f"Ressource {n:04}")
    note = "À lire avant la réunion."
    organisation = factory.SelfAttribute("engagement.operator")
    deposited_by = factory.SelfAttribute("engagement.officer.user")


class ChangeRequestFactory(DjangoModelFactory):
    """Requests that wait. Traits `withdrawn` and `decided`."""

    class Meta:
        model = ChangeRequest

    class Params:
        withdrawn = factory.Trait(withdrawn_at=factory.LazyFunction(timezone.now))
        decided = factory.Trait(
            decided_at=factory.LazyFunction(timezone.now),
            decided_by=factory.SubFactory(UserFactory),
        )

    contact = factory.SubFactory(ContactFactory)
    organisation = factory.SelfAttribute("contact.organisation")


class ChangeItemFactory(DjangoModelFactory):
    """One field asked for: the organisation's name. Traits `approved` and `refused`."""

    class Meta:
        model = ChangeItem

    class Params:
        approved = factory.Trait(verdict=ChangeItem.Verdict.APPROVED)
        refused = factory.Trait(
            verdict=ChangeItem.Verdict.REFUSED, comment="Le Kbis dit autre chose."
        )

    request = factory.SubFactory(ChangeRequestFactory)
    target = Target.ORGANISATION
    target_id = factory.LazyAttribute(lambda item: item.request.organisation.pk)
    field = "name"
    old = factory.LazyAttribute(lambda item: item.request.organisation.name)
    new = "Conseil Sol SCOP"
    old_label = factory.SelfAttribute("old")
    new_label = factory.SelfAttribute("new")


class ReferencingRequestFactory(DjangoModelFactory):
    """Requests of the public page, for the Rhône. Trait `handled`."""

    class Meta:
        model = ReferencingRequest

    class Params:
        handled = factory.Trait(
            handled_at=factory.LazyFunction(timezone.now),
            handled_by=factory.SubFactory(UserFactory),
            outcome="Structure créée.",
        )

    wish = Wish.FIRST
    siren = factory.Sequence(lambda n: fictional_siren(90_000 + n))
    organisation_name = factory.Sequence(lambda n: f"Nouvelle structure {n:04}")
    last_name = "Roche"
    first_name = "Anaïs"
    email = factory.Sequence(lambda n: f"anais{n}@nouvelle.example")
    department = factory.SubFactory(DepartmentFactory)


class SupportRequestFactory(DjangoModelFactory):
    """Requests for help, made for an organisation. Trait `handled`."""

    class Meta:
        model = SupportRequest

    class Params:
        handled = factory.Trait(
            handled_at=factory.LazyFunction(timezone.now),
            handled_by=factory.SubFactory(UserFactory),
            answer="C’est réparé.",
        )

    contact = factory.SubFactory(ContactFactory)
    user = factory.SelfAttribute("contact.user")
    description = factory.Sequence(lambda n: f"La page {n} ne s’ouvre pas.")
