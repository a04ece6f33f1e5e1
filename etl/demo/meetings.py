"""Meetings of the demonstration, for the Jardins partagés; they shift with today's date."""

from datetime import time, timedelta

from django.utils import timezone

from ilo_cms.directory.models import Contact
from ilo_cms.engagements.models import Assignment, AssignmentStatus
from ilo_cms.meetings.models import Answer, Meeting
from ilo_cms.meetings.services import Moment, answer, confirm, propose
from ilo_cms.meetings.times import paris_moment


def hold_meetings() -> int:
    """One meeting whose dates wait for answers, one whose date is fixed."""
    jeanne = Contact.objects.get(user__email="jeanne@jardins-partages.example", ended_on=None)
    under_way = Assignment.objects.filter(
        engagement__beneficiary=jeanne.organisation,
        engagement__officer__user__email="claire@dla-rhone.example",
        status=AssignmentStatus.ENGAGED,
        contact__user__email="marina@conseil-sol.example",
    )
    assignment = under_way.select_related("engagement__officer__user", "contact").first()
    if assignment is None or Meeting.objects.filter(engagement=assignment.engagement).exists():
        return 0
    officer, people = assignment.engagement.officer, [jeanne, assignment.contact]
    if officer is None:
        return 0
    propose(
        meeting=Meeting(
            engagement=assignment.engagement,
            assignment=assignment,
            title="Point d’étape sur la gouvernance",
            place="Les Jardins partagés, salle du premier étage",
            agenda="Retour sur les entretiens\nComposition du comité de pilotage",
        ),
        moments=[moment(12, 10), moment(13, 14), moment(14, 9)],
        contacts=people,
        officers=[],
        acting_user=officer.user,
    )
    fixed = propose(
        meeting=Meeting(
            engagement=assignment.engagement,
            title="Lancement de la mise en œuvre",
            place="https://visio.example/jardins-partages",
        ),
        moments=[moment(5, 14), moment(6, 10)],
        contacts=people,
        officers=[],
        acting_user=officer.user,
    )
    first, second = fixed.slots.all()
    choices = {first: Answer.Choice.YES, second: Answer.Choice.NO}
    answer(meeting=fixed, choices=choices, acting_user=jeanne.user, acting_as=jeanne)
    confirm(meeting=fixed, slot=first, seen=0, acting_user=officer.user)
    return 2


def moment(days: int, hour: int) -> Moment:
    """An hour and a half, in some days, at this hour in Paris."""
    day = timezone.localdate() + timedelta(days=days)
    return Moment(paris_moment(day, time(hour)), paris_moment(day, time(hour + 1, 30)))
