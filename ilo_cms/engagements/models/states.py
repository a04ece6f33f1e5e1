"""The words of engagements: stages, states of an assignment, states of a line of the plan."""

from django.db import models


class Stage(models.TextChoices):
    """The five stages, in order."""

    RECEPTION = "accueil", "Accueil"
    DIAGNOSIS = "diagnostic", "Diagnostic partagé"
    PLAN = "plan", "Construction du plan d’accompagnement"
    IMPLEMENTATION = "mise_en_oeuvre", "Mise en œuvre"
    FOLLOW_UP = "suivi", "Suivi"


class AssignmentStatus(models.TextChoices):
    """States of an assignment (SPEC E3)."""

    PLANNED = "prevue", "Prévue"
    TENDERED = "en_concurrence", "En concurrence"
    ENGAGED = "engagee", "Engagée"
    DONE = "realisee", "Réalisée"
    CLOSED = "cloturee", "Clôturée"
    ABANDONED = "abandonnee", "Abandonnée"


#: Statuses from which the provider's organisation sees the assignment (SPEC E4).
SHOWN_TO_PROVIDER = [AssignmentStatus.ENGAGED, AssignmentStatus.DONE, AssignmentStatus.CLOSED]

#: Statuses in which something is still expected: an engagement is not closed over them.
PENDING = [AssignmentStatus.PLANNED, AssignmentStatus.TENDERED, AssignmentStatus.ENGAGED]


class ActionState(models.TextChoices):
    """Where a line of the plan stands."""

    TO_DO = "a_faire", "À faire"
    UNDER_WAY = "en_cours", "En cours"
    DONE = "faite", "Faite"
    DROPPED = "abandonnee", "Abandonnée"


#: Where the line of an assignment stands: read from the assignment, never stored beside it.
STATE_OF = {
    AssignmentStatus.PLANNED: ActionState.TO_DO,
    AssignmentStatus.TENDERED: ActionState.TO_DO,
    AssignmentStatus.ENGAGED: ActionState.UNDER_WAY,
    AssignmentStatus.DONE: ActionState.DONE,
    AssignmentStatus.CLOSED: ActionState.DONE,
    AssignmentStatus.ABANDONED: ActionState.DROPPED,
}
