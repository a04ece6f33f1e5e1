"""Which requests wait, for whom, and since when: the twins of the policies (SPEC M3, M4, M6)."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, Max, OuterRef, Q, Subquery
from django.utils import timezone

from ilo_cms.directory.models import Contact, Establishment, Officer, OfficerAbsence, Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.referentials.models import PlatformSettings


def answer_deadline() -> datetime:
    """Requests made before this moment have waited for longer than a referent may take (M4)."""
    return timezone.now() - timedelta(days=PlatformSettings.current().answer_days)


def nobody_answers() -> Q:
    """On a request: neither its referent nor their deputy can answer today."""
    day = timezone.localdate()
    referent = OuterRef("organisation__referent")
    author = OuterRef("contact__user")
    in_person = Officer.objects.available_on(day).filter(pk=referent).exclude(user=author)
    by_deputy = (
        OfficerAbsence.objects.with_available_deputy(day)
        .filter(officer=referent, officer__is_active=True, officer__user__is_active=True)
        .exclude(deputy__user=author)
    )
    return ~(Q(Exists(in_person)) | Q(Exists(by_deputy)))


class ChangeRequestQuerySet(models.QuerySet):
    """Who may see which request, and which still wait."""

    def visible_to(self, user):
        """Officers see every request; a person sees those of their organisations."""
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def known_to(self, contact: Contact):
        """Requests of a contact's organisation, until the day they left it."""
        rows = self.filter(organisation=contact.organisation)
        return rows.filter(created_at__date__lte=contact.ended_on) if contact.ended_on else rows

    def pending(self):
        """Requests that nobody decided and nobody withdrew."""
        return self.filter(decided_at=None, withdrawn_at=None)

    def overdue(self):
        """Pending requests that have waited for longer than a referent may take."""
        return self.pending().filter(created_at__lt=answer_deadline())

    def in_territories(self, departments):
        """Requests of organisations with a place in one of these départements."""
        here = Establishment.objects.filter(department__in=departments)
        return self.filter(organisation__in=here.values("organisation"))

    def vacant(self):
        """Pending requests that nobody available answers for: the twin of `policies.vacancy`."""
        return self.pending().filter(nobody_answers())

    def unanswered(self):
        """Requests that others may take over: the twin of `policies.unanswered`."""
        return self.pending().filter(nobody_answers() | Q(created_at__lt=answer_deadline()))

    def takeable_by(self, user):
        """Requests this person may take over: the twin of `policies.can_take_over`.

        A record without any known place belongs to every territory.
        """
        officer = active_officer(user)
        if officer is None:
            return self.none()
        covered = officer.operator.operated_territories.all().departments()
        placed = Establishment.objects.exclude(department=None)
        here = placed.filter(department__in=covered)
        return (
            self.unanswered()
            .filter(
                Q(organisation__in=here.values("organisation"))
                | ~Q(organisation__in=placed.values("organisation"))
            )
            .exclude(organisation__referent=officer)
            .exclude(contact__user=user)
        )

    def decidable_by(self, user):
        """Pending requests this person may decide now: the twin of `policies.can_decide`."""
        officer = active_officer(user)
        if officer is None:
            return self.none()
        absences = OfficerAbsence.objects.with_available_deputy(timezone.localdate())
        replaced = Officer.objects.active().filter(
            pk__in=absences.filter(deputy=officer).values("officer")
        )
        mine = Q(organisation__referent=officer) | Q(organisation__referent__in=replaced)
        return self.pending().filter(mine).exclude(contact__user=user)

    def with_waiting(self):
        """Each request with `absent_until`, the last day of its referent's absence if there is one
        today, and `is_overdue`."""
        absences = (
            OfficerAbsence.objects.on(timezone.localdate())
            .filter(officer=OuterRef("organisation__referent"))
            .order_by()
            .values("officer")
        )
        return self.annotate(
            absent_until=Subquery(absences.annotate(last=Max("ends_on")).values("last")),
            is_overdue=models.ExpressionWrapper(
                Q(created_at__lt=answer_deadline(), decided_at=None, withdrawn_at=None),
                output_field=models.BooleanField(),
            ),
        )
