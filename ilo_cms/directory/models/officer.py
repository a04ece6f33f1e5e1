"""Chargé·es d'accompagnement: users of the intranet, employed by an operator."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from wagtail.search import index

from ilo_cms.core.identifiers import readable_phone
from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models.organisation import Organisation
from ilo_cms.referentials.models import Territory


class OfficerQuerySet(models.QuerySet):
    """Officers by state and place."""

    def active(self):
        """Officers who still work here and may sign in."""
        return self.filter(is_active=True, user__is_active=True)

    def available_on(self, day: date):
        """Active officers who are not absent that day."""
        absences = OfficerAbsence.objects.on(day)
        return self.active().exclude(pk__in=absences.values("officer"))

    def serving(self, department: Territory):
        """Officers whose operator covers a département, by itself or by its region."""
        return self.filter(
            Q(operator__operated_territories=department)
            | Q(operator__operated_territories__children=department)
        ).distinct()

    def with_absence_end(self, day: date):
        """Annotate `absent_until`: the last day of an absence under way on a day, else None."""
        under_way = OfficerAbsence.objects.on(day).filter(officer=models.OuterRef("pk"))
        last_days = under_way.order_by("-ends_on").values("ends_on")
        return self.annotate(absent_until=models.Subquery(last_days[:1]))

    def covering(self, organisation: Organisation):
        """Officers whose operator covers a département where the organisation has a place."""
        departments = organisation.establishments.exclude(department=None).values("department")
        return self.filter(
            Q(operator__operated_territories__in=departments)
            | Q(operator__operated_territories__children__in=departments)
        ).distinct()


class Officer(index.Indexed, UUIDModel, TimestampedModel):
    """A person's employment by an operator. Their territory is their operator's."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name="personne",
        related_name="officer",
        on_delete=models.PROTECT,  # officers are history of what they followed
    )
    operator = models.ForeignKey(
        Organisation,
        verbose_name="structure porteuse",
        related_name="officers",
        limit_choices_to={"is_operator": True},
        on_delete=models.PROTECT,  # an operator with officers cannot vanish
    )
    phone = models.CharField("téléphone", max_length=20, blank=True)
    is_active = models.BooleanField("en poste", default=True)

    objects = OfficerQuerySet.as_manager()
    search_fields = [
        index.RelatedFields(
            "user", [index.SearchField("last_name"), index.SearchField("first_name")]
        ),
        index.FilterField("is_active"),
    ]

    class Meta:
        verbose_name = "chargé·e d’accompagnement"
        verbose_name_plural = "chargé·es d’accompagnement"
        ordering = ["user__last_name", "user__first_name", "id"]

    def __str__(self) -> str:
        return f"{self.user} ({self.operator})"

    @property
    def readable_phone(self) -> str:
        """The phone number as people write it."""
        return readable_phone(self.phone)

    @property
    def is_in_post(self) -> bool:
        """Whether the officer still works here and may sign in."""
        return self.is_active and self.user.is_active


class OfficerAbsenceQuerySet(models.QuerySet):
    """Absences by day and by person."""

    def on(self, day: date):
        """Absences that cover a day, the first and the last included."""
        return self.filter(starts_on__lte=day, ends_on__gte=day)

    def with_available_deputy(self, day: date):
        """Absences on a day whose deputy can answer that day."""
        return self.on(day).filter(deputy__in=Officer.objects.available_on(day))

    def overlapping(self, first: date, last: date):
        """Absences that share a day with a period."""
        return self.filter(starts_on__lte=last, ends_on__gte=first)


class OfficerAbsence(UUIDModel, TimestampedModel):
    """Days on which an officer does not answer, and who answers instead (SPEC M4)."""

    officer = models.ForeignKey(
        Officer,
        verbose_name="chargé·e d’accompagnement",
        related_name="absences",
        on_delete=models.CASCADE,  # says nothing without its officer
    )
    starts_on = models.DateField("premier jour")
    ends_on = models.DateField("dernier jour")
    deputy = models.ForeignKey(
        Officer,
        verbose_name="remplaçant·e",
        related_name="replacements",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the absence remains, and any officer may step in
    )

    objects = OfficerAbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = "absence"
        verbose_name_plural = "absences"
        ordering = ["-starts_on", "officer__user__last_name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="absence_in_order",
                violation_error_message="Le dernier jour ne peut pas précéder le premier.",
            ),
            models.CheckConstraint(
                condition=Q(deputy=None) | ~Q(deputy=F("officer")),
                name="absence_other_deputy",
                violation_error_message="Choisissez quelqu’un d’autre comme remplaçant·e.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.officer.user}, du {self.starts_on:%d/%m/%Y} au {self.ends_on:%d/%m/%Y}"

    def covers(self, day: date) -> bool:
        """Whether the absence holds on a day: the twin of `OfficerAbsenceQuerySet.on`."""
        return self.starts_on <= day <= self.ends_on
