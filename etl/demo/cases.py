"""Live cases of the demonstration, which shift with today's date."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from ilo_cms.directory.models import Contact, Officer, Organisation
from ilo_cms.engagements.models import (
    Assignment,
    AssignmentStatus,
    Engagement,
    Stage,
    StageEntry,
)
from ilo_cms.moderation.fields import RecordField
from ilo_cms.moderation.models import ChangeRequest, Target
from ilo_cms.moderation.services import save_record
from ilo_cms.referencing.models import ReferencingRequest, Wish
from ilo_cms.referencing.services import deposit
from ilo_cms.referentials.models import Certification, Opco, Skill, Territory


def ask_for_changes() -> int:
    """Two requests that wait for their referent, one in the Rhône and one in the Nord."""
    made = 0
    cases: list[tuple[str, Target, dict[str, object]]] = [
        (
            "paul@conseil-sol.example",
            Target.ORGANISATION,
            {"opco": Opco.objects.get(code="11").pk, "certifications": qualiopi()},
        ),
        ("leo@coop-atout.example", Target.CONTACT, {"last_name": "Lambert-Roy"}),
    ]
    for email, target, values in cases:
        contact = Contact.objects.get(user__email=email, ended_on=None)
        if ChangeRequest.objects.filter(contact=contact).exists():
            continue
        row = contact if target == Target.CONTACT else contact.organisation
        asked = {
            name: value
            for name, value in values.items()
            if RecordField(target, row, name).read() != value
        }
        made += bool(save_record(contact=contact, target=target, record_id=row.pk, values=asked))
    return made


def ask_to_be_listed() -> int:
    """A visitor of the public page who asks the officers of the Rhône for a first listing."""
    asked = ReferencingRequest(
        wish=Wish.FIRST,
        siren="000990010",
        organisation_name="Cabinet de l’Aubépine",
        last_name="Roche",
        first_name="Anaïs",
        email="anais.roche@aubepine.example",
        phone="+33478000000",
        function="Gérante",
        department=Territory.objects.get(kind=Territory.Kind.DEPARTMENT, code="69"),
        message="J’accompagne des associations culturelles de la métropole de Lyon depuis 2019.",
    )
    if ReferencingRequest.objects.filter(email=asked.email).exists():
        return 0
    asked.full_clean()
    deposit(asked=asked)
    return 1


def qualiopi() -> list[int]:
    """The key of the Qualiopi certification, as a list."""
    return list(
        Certification.objects.filter(code__icontains="qualiopi").values_list("pk", flat=True)
    )


def open_engagements() -> int:
    """One engagement in each stage; that of the Jardins partagés has an assignment."""
    officer = Officer.objects.get(user__email="claire@dla-rhone.example")
    gardens = Organisation.objects.get(name__iexact="Les Jardins partagés")
    others = Organisation.objects.beneficiaries().active().exclude(pk=gardens.pk).order_by("siren")
    beneficiaries = list(others[:4])
    beneficiaries.insert(list(Stage).index(Stage.IMPLEMENTATION), gardens)
    made = 0
    for number, (stage, beneficiary) in enumerate(zip(Stage, beneficiaries, strict=True)):
        title = f"Accompagnement {timezone.localdate().year} · {stage.label}"
        if Engagement.objects.filter(
            officer=officer, beneficiary=beneficiary, title=title
        ).exists():
            continue
        engagement = open_engagement(officer, beneficiary, title, list(Stage)[: number + 1])
        if beneficiary == gardens:
            engage_conseil_sol(engagement)
        made += 1
    return made


def open_engagement(
    officer: Officer, beneficiary: Organisation, title: str, stages: list[Stage]
) -> Engagement:
    """An engagement that entered its last stage ten days ago, each earlier one a month before."""
    today = timezone.localdate()
    entered = [today - timedelta(days=10 + 30 * back) for back in range(len(stages))][::-1]
    engagement = Engagement.objects.create(
        beneficiary=beneficiary,
        operator=officer.operator,
        officer=officer,
        title=title,
        opened_on=entered[0],
    )
    for stage, day in zip(stages, entered, strict=True):
        StageEntry.objects.create(
            engagement=engagement, stage=stage, entered_on=day, entered_by=officer.user
        )
    return engagement


def engage_conseil_sol(engagement: Engagement) -> None:
    """An assignment under way, carried out by Marina for Conseil Sol."""
    contact = Contact.objects.get(user__email="marina@conseil-sol.example", ended_on=None)
    today = timezone.localdate()
    Assignment.objects.create(
        engagement=engagement,
        label="Structurer la gouvernance",
        provider=contact.organisation,
        establishment=contact.establishment,
        contact=contact,
        skill=Skill.objects.filter(code__icontains="gouvernance").first(),
        amount=Decimal("5400.00"),
        days=Decimal("6"),
        starts_on=today - timedelta(days=9),
        ends_on=today + timedelta(days=80),
        status=AssignmentStatus.ENGAGED,
    )
