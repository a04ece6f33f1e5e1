"""The words of tenders: phases, answers, deposits, outcomes. None of them is stored as a state."""

from django.db import models


class Phase(models.TextChoices):
    """Where a tender stands (SPEC T1), read from the clock and the decisions: see `phases`."""

    PREPARATION = "preparation", "En préparation"
    PARTICIPATION = "participation", "Réponses de participation"
    DEPOSIT = "depot", "Dépôt des offres"
    OPENING = "ouverture", "À ouvrir"
    SELECTION = "choix", "Choix du prestataire"
    SIGNATURE = "signature", "En cours de signature"
    UNSUCCESSFUL = "infructueuse", "Infructueuse"
    CANCELLED = "annulee", "Annulée"


class Channel(models.TextChoices):
    """By which way a tender is run, or an offer arrived (SPEC T11)."""

    PLATFORM = "plateforme", "Plateforme"
    MAIL = "courriel", "Courriel"
    POST = "courrier", "Courrier"
    REGIONAL = "regionale", "Plateforme régionale"


class Participation(models.TextChoices):
    """What an invited organisation says (SPEC T5); it may change its mind until the deadline."""

    NONE = "", "Sans réponse"
    ACCEPTED = "acceptee", "Acceptée"
    DECLINED = "declinee", "Déclinée"


class DepositKind(models.TextChoices):
    """The acts on an offer that are kept for ever; the latest one says whether it is in force."""

    DEPOSITED = "depot", "Dépôt"
    CONFIRMED = "confirmation", "Confirmation"
    WITHDRAWN = "retrait", "Retrait"


class Outcome(models.TextChoices):
    """How a selection ends (SPEC T13)."""

    RETAINED = "retenue", "Une offre est retenue"
    UNSUCCESSFUL = "infructueuse", "Infructueuse"


class EventKind(models.TextChoices):
    """What the history of a tender tells to all invited (SPEC T4)."""

    PUBLISHED = "publiee", "Mise en concurrence diffusée"
    RECORDED = "enregistree", "Mise en concurrence enregistrée"
    AMENDED = "modifiee", "Modification"
    DEADLINES_MOVED = "echeances", "Échéances déplacées"
    INVITED = "invitations", "Nouvelles sollicitations"
    PARTICIPATION_ENDED = "participation", "Fin anticipée des réponses"
    OPENED = "ouverte", "Offres ouvertes"
    DECIDED = "decidee", "Décision"
    CANCELLED = "annulee", "Annulation"
