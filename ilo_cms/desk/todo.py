"""What waits for a person on the desk (SPEC O1): each entry a count and where it is dealt with."""

from dataclasses import dataclass

from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.core.clock import database_now
from ilo_cms.directory.models import Officer, Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.document_requests.models import DocumentRequest
from ilo_cms.meetings.models import Meeting, State
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.referencing.models import ReferencingRequest
from ilo_cms.support.models import SupportRequest
from ilo_cms.tenders.models import Phase, Tender


@dataclass(frozen=True)
class Todo:
    """One line of the to-do list, with its words for one and for several."""

    count: int
    one: str
    several: str
    url: str

    @property
    def label(self) -> str:
        """The words for this count."""
        return self.several if self.count > 1 else self.one


def todos(user: User) -> list[Todo]:
    """The lines of this person's list; those that are done (zero) are left out."""
    officer = active_officer(user)
    lines = [*officer_lines(user, officer)] if officer else []
    if user.is_administrator:
        lines += administrator_lines()
    return [line for line in lines if line.count]


def officer_lines(user: User, officer: Officer) -> list[Todo]:
    """What an officer does: decide, step in, catch up with INSEE."""
    requests = reverse("wagtailsnippets_moderation_changerequest:list")
    mine = Organisation.objects.active().filter(referent=officer, insee_synced_at=None)
    return [
        Todo(
            ChangeRequest.objects.decidable_by(user).count(),
            "demande de modération à traiter",
            "demandes de modération à traiter",
            f"{requests}?pour_moi=a-traiter",
        ),
        Todo(
            ChangeRequest.objects.takeable_by(user).count(),
            "demande sans réponse à reprendre sur votre territoire",
            "demandes sans réponse à reprendre sur votre territoire",
            f"{requests}?pour_moi=a-reprendre",
        ),
        Todo(
            DocumentRequest.objects.to_check_by(officer).count(),
            "demande dont des pièces jointes sont à vérifier",
            "demandes dont des pièces jointes sont à vérifier",
            reverse("document_request_list:index") + "?etat=a-verifier&pour_moi=true",
        ),
        Todo(
            mine.count(),
            "structure à synchroniser avec l’INSEE",
            "structures à synchroniser avec l’INSEE",
            reverse("organisation:index") + "?referent=me&insee=awaits&is_active=true",
        ),
        Todo(
            ReferencingRequest.objects.awaiting(officer).count(),
            "demande de référencement à traiter",
            "demandes de référencement à traiter",
            reverse("referencing_request:index") + "?etat=a-moi",
        ),
        Todo(
            Meeting.objects.in_state(State.PROPOSED).filter(organiser=officer).count(),
            "rendez-vous dont la date est à fixer",
            "rendez-vous dont la date est à fixer",
            reverse("meeting:index") + "?etat=propose&mine=true",
        ),
        *tender_lines(officer),
    ]


def tender_lines(officer: Officer) -> list[Todo]:
    """The tenders that an officer runs and that wait for them (SPEC T1)."""
    now, mine = database_now(), Tender.objects.filter(officer=officer)
    address = reverse("tender:index") + "?mine=true"
    return [
        Todo(
            mine.with_open_question(now).count(),
            "mise en concurrence où une question attend une réponse",
            "mises en concurrence où une question attend une réponse",
            f"{address}&questions=true",
        ),
        Todo(
            mine.in_phase(Phase.OPENING, now).count(),
            "mise en concurrence dont les offres sont à ouvrir",
            "mises en concurrence dont les offres sont à ouvrir",
            f"{address}&phase={Phase.OPENING.value}",
        ),
        Todo(
            mine.in_phase(Phase.SELECTION, now).count(),
            "mise en concurrence dont la décision est à prendre",
            "mises en concurrence dont la décision est à prendre",
            f"{address}&phase={Phase.SELECTION.value}",
        ),
    ]


def administrator_lines() -> list[Todo]:
    """What administrators watch."""
    troubled = OutboxMessage.objects.unsealed().in_trouble()
    return [
        Todo(
            troubled.count(),
            "courriel abandonné ou revenu",
            "courriels abandonnés ou revenus",
            reverse("outbox:index") + "?state=trouble",
        ),
        Todo(
            SupportRequest.objects.pending().count(),
            "demande d’assistance à traiter",
            "demandes d’assistance à traiter",
            reverse("support_request:index") + "?etat=a-traiter",
        ),
        Todo(
            ReferencingRequest.objects.without_officer().count(),
            "demande de référencement d’un département sans chargé·e d’accompagnement",
            "demandes de référencement de départements sans chargé·e d’accompagnement",
            reverse("referencing_request:index") + "?etat=sans-charge",
        ),
    ]
