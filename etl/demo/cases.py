"""Live cases of the demonstration, which shift with today's date."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from ilo_cms.directory.models import Contact, Officer, Organisation
from ilo_cms.engagements import path
from ilo_cms.engagements.assignments import change_status, create_assignment
from ilo_cms.engagements.budgets import set_budget
from ilo_cms.engagements.models import ActionType, Assignment, Engagement, Stage
from ilo_cms.engagements.people import add_participant
from ilo_cms.engagements.plan import add_action
from ilo_cms.engagements.resources import deposit_resource
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
    engagement = path.open_engagement(
        key=uuid4(),
        beneficiary=beneficiary,
        title=title,
        opened_on=entered[0],
        acting_user=officer.user,
    )
    for stage, day in list(zip(stages, entered, strict=True))[1:]:
        current = path.current_entry(engagement)
        path.enter_stage(
            engagement=engagement,
            stage=stage,
            entered_on=day,
            seen=str(current.pk) if current else "",
            acting_user=officer.user,
        )
    return engagement


#: Title of each assignment of the Jardins partagés, how it got where it is, and when it began.
ASSIGNMENTS: list[tuple[str, list[str], int]] = [
    ("Structurer la gouvernance", ["engage"], -9),
    ("Préparer le budget pluriannuel", [], 40),
    ("Trouver de nouveaux débouchés", ["tender"], 30),
    ("Réécrire le projet associatif", ["engage", "complete"], -70),
    ("Former le bureau à la comptabilité", ["engage", "complete", "close"], -90),
    ("Étudier un second site", ["abandon"], 20),
]


def engage_conseil_sol(engagement: Engagement) -> None:
    """An assignment in each state: those that bind somebody are carried out by Conseil Sol."""
    contact = Contact.objects.get(user__email="marina@conseil-sol.example", ended_on=None)
    officer = engagement.officer.user if engagement.officer else contact.user
    today = timezone.localdate()
    carried = {
        "provider": contact.organisation,
        "establishment": contact.establishment,
        "contact": contact,
        "skill": Skill.objects.filter(code__icontains="gouvernance").first(),
    }
    for label, steps, begins in ASSIGNMENTS:
        assignment = create_assignment(
            key=uuid4(),
            engagement=engagement,
            acting_user=officer,
            label=label,
            amount=Decimal("5400.00"),
            days=Decimal("6"),
            starts_on=today + timedelta(days=begins),
            ends_on=today + timedelta(days=begins + 60),
            **(carried if "engage" in steps else {}),
        )
        for step in steps:
            assignment = change_status(
                assignment=assignment,
                transition=step,
                acting_user=officer,
                reason="Le second site n’est plus d’actualité." if step == "abandon" else "",
            )
        if label == ASSIGNMENTS[0][0]:
            share_one_each(assignment, contact)
    add_plan(engagement)


def share_one_each(assignment: Assignment, contact: Contact) -> None:
    """A link that the officer shows to the provider, a note that the provider shows to no one."""
    engagement = assignment.engagement
    officer = engagement.officer.user if engagement.officer else contact.user
    for title, party in (
        ("Statuts types d’une association", assignment.provider),
        ("Calendrier de l’accompagnement", engagement.beneficiary),
    ):
        deposit_resource(
            key=uuid4(),
            engagement=engagement,
            assignment=assignment,
            title=title,
            url="https://ressources.example/guide",
            acting_user=officer,
            shared_with=[party] if party else [],
        )
    deposit_resource(
        key=uuid4(),
        engagement=engagement,
        assignment=assignment,
        title="Compte rendu de la première séance",
        note="Le bureau veut clarifier le rôle de la présidence.",
        acting_user=contact.user,
        acting_as=contact,
    )


def add_plan(engagement: Engagement) -> None:
    """Two lines that no provider carries, the beneficiary's contact, and the operator's budget."""
    user = engagement.officer.user if engagement.officer else None
    person = Contact.objects.filter(
        organisation=engagement.beneficiary, ended_on=None, has_access=True
    ).first()
    if user is None or person is None:
        return
    for code, label in (
        ("expertise", "Relire les statuts avec le bureau"),
        ("mise-en-relation", "Rencontrer le réseau des jardins de la métropole"),
    ):
        kind = ActionType.objects.get(code=code)
        add_action(key=uuid4(), engagement=engagement, kind=kind, label=label, acting_user=user)
    add_participant(engagement=engagement, contact=person, acting_user=user)
    set_budget(
        operator=engagement.operator,
        year=timezone.localdate().year,
        amount=Decimal("120000.00"),
        acting_user=user,
    )
