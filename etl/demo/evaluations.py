"""Evaluations and a satisfaction form of the demonstration, by the real services (SPEC E7, E10)."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from ilo_cms.directory.models import Contact, Officer
from ilo_cms.engagements.models import Assignment, AssignmentStatus, Engagement, Stage
from ilo_cms.evaluations.models import Grid, Kind, SatisfactionRequest
from ilo_cms.evaluations.services.evaluations import save_evaluation, share
from ilo_cms.evaluations.services.satisfaction import send


#: Label of the assignment, its note everywhere, what is said of it, and whether it is shared.
CASES = [
    ("Revoir le modèle économique", 4, "Une méthode claire, des ateliers suivis.", True),
    ("Préparer le plan de formation", 3, "Livrable remis avec deux semaines de retard.", False),
]


def evaluate_assignments() -> int:
    """Two assignments of Conseil Sol that are over: one evaluation shared, the other not."""
    officer = Officer.objects.get(user__email="claire@dla-rhone.example")
    contact = Contact.objects.get(user__email="marina@conseil-sol.example", ended_on=None)
    engagement = gardens_engagement(officer)
    grid = Grid.objects.get(code="evaluation-prestation")
    made = 0
    for label, note, words, is_shared in CASES:
        assignment, is_new = Assignment.objects.get_or_create(
            engagement=engagement, label=label, defaults=over(contact)
        )
        if not is_new:
            continue
        evaluation = save_evaluation(
            assignment=assignment,
            grid=grid,
            values=answers(grid, note, words),
            edition=0,
            finish=True,
            acting_user=officer.user,
        )
        if is_shared:
            share(evaluation=evaluation, acting_user=officer.user)
        made += 1
    return made


def gardens_engagement(officer: Officer) -> Engagement:
    """The engagement of the Jardins partagés, in its fourth stage."""
    return Engagement.objects.get(
        officer=officer,
        beneficiary__name__iexact="Les Jardins partagés",
        title__endswith=Stage.IMPLEMENTATION.label,
    )


def over(contact: Contact) -> dict[str, object]:
    """An assignment of this provider that ended a week ago."""
    today = timezone.localdate()
    return {
        "provider": contact.organisation,
        "establishment": contact.establishment,
        "contact": contact,
        "amount": Decimal("3600.00"),
        "days": Decimal("4"),
        "starts_on": today - timedelta(days=60),
        "ends_on": today - timedelta(days=7),
        "status": AssignmentStatus.DONE,
    }


def answers(grid: Grid, note: int, words: str) -> dict:
    """The same note everywhere, the first choice, one remark."""
    said = {Kind.SCALE: note, Kind.CHOICE: "Oui", Kind.TEXT: words}
    questions = grid.versions.latest("number").questions.all()
    return {question.pk: said[Kind(question.kind)] for question in questions}


def ask_the_gardens() -> int:
    """A satisfaction form that waits for Jeanne, about the diagnostic."""
    officer = Officer.objects.get(user__email="claire@dla-rhone.example")
    contact = Contact.objects.get(user__email="jeanne@jardins-partages.example", ended_on=None)
    if SatisfactionRequest.objects.filter(contact=contact).exists():
        return 0
    sent = send(
        engagement=gardens_engagement(officer),
        stage=Stage.DIAGNOSIS,
        grid=Grid.objects.get(code="satisfaction-beneficiaire"),
        contacts=[contact],
        acting_user=officer.user,
    )
    return len(sent)
