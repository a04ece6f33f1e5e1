"""What the intranet's page of one tender shows: where it stands, what is possible now (SPEC T1)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.core.clock import database_now
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.tenders.acts import ACTS
from ilo_cms.tenders.diffusion import awaited, recipient_faults
from ilo_cms.tenders.models import (
    AgreedScore,
    Channel,
    Invitation,
    Offer,
    Participation,
    Phase,
    Question,
    Tender,
)
from ilo_cms.tenders.models.tender import seated
from ilo_cms.tenders.outside import entered, is_unscored
from ilo_cms.tenders.panels import tender_panels
from ilo_cms.tenders.phases import STEPS, answers_end, deposits_end, moment, phase
from ilo_cms.tenders.policies import can_cancel, can_run, has_no_conflict
from ilo_cms.tenders.rules import publication_faults
from ilo_cms.tenders.scoring import HANDED_IN, awaited_evaluators, can_evaluate, handed_in_by


@dataclass(frozen=True)
class Step:
    """One step of the line."""

    label: str
    is_current: bool
    until: datetime | None = None


@dataclass(frozen=True)
class Answers:
    """How the invited answered, in numbers."""

    invited: int
    accepted: int
    declined: int

    @property
    def silent(self) -> int:
        """Those who said nothing."""
        return self.invited - self.accepted - self.declined

    @property
    def in_words(self) -> str:
        """All three, in a sentence."""
        accepted = plural(self.accepted, "participe", "participent")
        declined = plural(self.declined, "décline", "déclinent")
        return f"{accepted}, {declined}, {self.silent} sans réponse."


def steps_of(tender: Tender, now_in: Phase) -> list[Step]:
    """The line of steps."""
    if tender.channel != Channel.PLATFORM:
        return [Step(label, now_in in phases) for label, phases in STEPS[3:]]
    ends = [None, tender.participation_deadline, tender.deposit_deadline, None, None]
    return [
        Step(label, now_in in phases, end) for (label, phases), end in zip(STEPS, ends, strict=True)
    ]


def deposited_count(tender: Tender) -> int:
    """How many offers stand: the one thing that officers know of them before the opening (T9)."""
    return Offer.objects.filter(invitation__tender=tender).standing().count()


def answers_of(tender: Tender) -> Answers:
    """How the invited answered."""
    rows = tender.invitations.exclude(invited_at=None)
    return Answers(
        **rows.aggregate(
            invited=Count("pk"),
            accepted=Count("pk", filter=Q(participation=Participation.ACCEPTED)),
            declined=Count("pk", filter=Q(participation=Participation.DECLINED)),
        )
    )


def plural(count: int, one: str, several: str) -> str:
    """A count with its noun."""
    return f"{count} {several if count > 1 else one}"


def in_words(tender: Tender, now_in: Phase, answers: Answers, offers: str) -> str:
    """One sentence or two: where the tender stands, and until when."""
    given = answers.accepted + answers.declined
    answered = f"{plural(given, 'réponse', 'réponses')} sur {answers.invited}"
    sentences = {
        Phase.PREPARATION: lambda: "Rien n’est encore envoyé.",
        Phase.PARTICIPATION: lambda: (
            f"Les prestataires disent s’ils participent jusqu’au {moment(answers_end(tender))} : "
            f"{answered}."
        ),
        Phase.DEPOSIT: lambda: (
            f"Les offres se déposent jusqu’au {moment(deposits_end(tender))} : {offers}. "
            "Tout reste scellé jusque-là."
        ),
        Phase.OPENING: lambda: (
            f"Le dépôt a fermé le {moment(deposits_end(tender))} : {offers}. Tout s’ouvre ensemble."
        ),
        Phase.SELECTION: lambda: "Les offres sont à comparer, puis une décision est à prendre.",
        Phase.SIGNATURE: lambda: "Une offre est retenue : la convention est en cours de signature.",
        Phase.UNSUCCESSFUL: lambda: "La mise en concurrence est infructueuse.",
        Phase.CANCELLED: lambda: f"Motif de l’annulation : {tender.cancel_reason}",
    }
    return sentences[now_in]()


#: The acts for which one states one's interests first, and has none (T12).
EVALUATING = {"notes", "notes-arretees", "decider"}
#: Those that need an offer.
NOTING = {"notes", "notes-arretees"}
#: What who has a conflict of interests leaves to colleagues, beside these (T12).
ENTERING = {"offre-hors-plateforme", "retirer-offre"}
#: What an evaluator says alone, and changes no more once handed in (T12).
ALONE = {"interets", "notes"}


@dataclass(frozen=True)
class Act:
    """A button of the page."""

    label: str
    url: str
    is_main: bool = False
    is_serious: bool = False


def next_act(tender: Tender, now_in: Phase, user: User, faults: list[str]) -> str:
    """The name in the address of the act that comes next; empty while others have to act."""
    if now_in == Phase.PREPARATION:
        if not tender.invitations.exists():
            return "destinataires"
        return "modifier" if faults else "diffuser"
    if now_in == Phase.PARTICIPATION:
        return "" if awaited(tender) else "clore-les-reponses"
    if now_in == Phase.OPENING:
        return "ouvrir"
    return next_in_selection(tender, user) if now_in == Phase.SELECTION else ""


def next_in_selection(tender: Tender, user: User) -> str:
    """One's statement, one's sheet, the notes agreed, then the decision, with or without offers."""
    if not tender.conflict_statements.filter(evaluator=user).exists():
        return "interets"
    if not can_evaluate(user, tender):
        return ""
    offers = Offer.objects.visible_to(user).filter(invitation__tender=tender)
    if offers.exists() and not AgreedScore.objects.filter(offer__in=offers).exists():
        if not handed_in_by(user, tender):
            return "notes"
        return "" if awaited_evaluators(tender) else "notes-arretees"
    return "decider"


def closed_to(tender: Tender, now_in: Phase, user: User) -> dict[str, str]:
    """The acts of this phase that are no longer, or not yet, for this member of the team, and why.

    Of several reasons the first of these rules is told.
    """
    rules: list[tuple[set[str], Decision]] = [
        (EVALUATING, can_evaluate(user, tender)),
        (ENTERING, has_no_conflict(user, tender)),
        ({"annuler"}, can_cancel(user, tender)),
    ]
    if now_in == Phase.SELECTION:
        rules += [
            (ALONE, refused(HANDED_IN) if handed_in_by(user, tender) else ALLOWED),
            (ENTERING, is_unscored(tender)),
            (NOTING, has_offers(tender)),
            ({"retirer-offre"}, has_entries(tender)),
        ]
    refusals = [(names, decision.reason) for names, decision in rules if not decision]
    return {name: reason for names, reason in reversed(refusals) for name in names}


def has_offers(tender: Tender) -> Decision:
    """Notes are given to offers."""
    if Offer.objects.standing().filter(invitation__tender=tender).exists():
        return ALLOWED
    return refused("Il n’y a pas d’offre à noter.")


def has_entries(tender: Tender) -> Decision:
    """Only what an officer entered is taken out."""
    if entered(tender).exists():
        return ALLOWED
    return refused("Aucune offre reçue hors plateforme n’est saisie : il n’y a rien à retirer.")


def acts_of(tender: Tender, now_in: Phase, user: User, coming: str = "") -> list[Act]:
    """What this member of the team may do now; `coming` names the act that stands out."""
    closed = closed_to(tender, now_in, user)
    found: list[Act] = []
    if now_in == Phase.PREPARATION:
        found += [
            Act(
                "Vérifier et diffuser",
                reverse("tender_publish", args=[tender.pk]),
                coming == "diffuser",
            ),
            Act("Modifier", reverse("tender_edit", args=[tender.pk]), coming == "modifier"),
            Act(
                "Destinataires",
                reverse("tender_recipients", args=[tender.pk]),
                coming == "destinataires",
            ),
        ]
    if now_in == Phase.PARTICIPATION:
        url = reverse("tender_recipients", args=[tender.pk])
        found.append(Act("Solliciter d’autres prestataires", url))
    if now_in in {Phase.PARTICIPATION, Phase.DEPOSIT}:
        found.append(Act("Modifier la demande", reverse("tender_amend", args=[tender.pk])))
    for name, form in ACTS.items():
        if now_in not in form.phases or name in closed:
            continue
        if name == "clore-les-reponses" and awaited(tender):
            continue
        url = reverse("tender_act", args=[tender.pk, name])
        found.append(Act(form.heading, url, name == coming, name == "annuler"))
    return found


def title_of(tender: Tender, places: list[Invitation]) -> str:
    """Who stands in the table of places, and how many; an offer from outside was not asked for."""
    if tender.channel != Channel.PLATFORM:
        return f"Structures consultées ({len(places)})"
    outside = sum(place.entered_outside for place in places)
    name = "Structures sollicitées" if tender.published_at else "Destinataires choisis"
    also = f", et {outside} hors plateforme" if outside else ""
    return f"{name} ({len(places) - outside}){also}"


def page_of(request: HttpRequest, tender: Tender) -> dict:
    """Everything that the page shows."""
    now = database_now()
    now_in = phase(tender, now)
    answers = answers_of(tender)
    running = can_run(request.user, tender)
    rows = Invitation.objects.visible_to(request.user).filter(seated(), tender=tender)
    rows = rows.select_related("organisation", "answered_by__user", "taken_by__user")
    invitations = list(rows.order_by("organisation__name", "pk"))
    questions = Question.objects.visible_to(request.user).filter(tender=tender)
    faults = []
    if now_in == Phase.PREPARATION:
        faults = [*publication_faults(tender, now), *recipient_faults(tender)]
    coming = next_act(tender, now_in, request.user, faults)
    evaluating = can_evaluate(request.user, tender)
    selecting = running and now_in == Phase.SELECTION
    deposited = plural(deposited_count(tender), "offre déposée", "offres déposées")
    return {
        "tender": tender,
        "phase": now_in,
        "steps": steps_of(tender, now_in),
        "sentence": in_words(tender, now_in, answers, deposited),
        "answers": answers,
        "deposited": deposited,
        "shows_deposits": now_in in {Phase.DEPOSIT, Phase.OPENING},
        "running": running,
        "evaluating": evaluating if selecting else None,
        "handed_in": handed_in_by(request.user, tender) if selecting else None,
        "awaited_evaluators": awaited_evaluators(tender) if selecting else [],
        "acts": acts_of(tender, now_in, request.user, coming) if running else [],
        "faults": faults,
        "may_answer": running and now_in in {Phase.PARTICIPATION, Phase.DEPOSIT},
        "may_withdraw": running
        and now_in in {Phase.PREPARATION, Phase.PARTICIPATION, Phase.DEPOSIT},
        "invitations": invitations,
        "recipients_title": title_of(tender, invitations),
        "questions": list(
            questions.select_related("invitation__organisation", "asked_by__user", "answered_by")
        ),
        "attachments": list(tender.attachments.select_related("document")),
        "criteria": list(tender.criteria.all()),
        "events": list(tender.events.select_related("by").order_by("-at", "-id")),
        "panels": list(tender_panels(request, tender)),
    }
