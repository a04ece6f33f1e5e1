"""Grids that administrators build from questions, and their published versions (SPEC O7).

A grid's own questions are its draft. Publishing copies them into a version that nobody changes any
more: answers hang on the version's questions, so a later version loses none.
"""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from ilo_cms.core.models import TimestampedModel, UUIDModel


#: So many notes fit on one line, on a phone too.
HIGHEST_NOTE = 10


class Purpose(models.TextChoices):
    """What a grid is for."""

    EVALUATION = "evaluation", "Évaluation d’une prestation"
    SATISFACTION = "satisfaction", "Satisfaction d’un bénéficiaire"


class Kind(models.TextChoices):
    """How a question is answered."""

    SCALE = "scale", "Note sur une échelle"
    CHOICE = "choice", "Choix dans une liste"
    TEXT = "text", "Texte libre"


class GridQuerySet(models.QuerySet):
    """Grids by use."""

    def usable(self, purpose: Purpose):
        """Grids still proposed of which one version is published."""
        return self.filter(is_active=True, purpose=purpose, versions__isnull=False).distinct()


class Grid(ClusterableModel, UUIDModel, TimestampedModel):
    """A list of questions with its draft and its published versions."""

    code = models.SlugField("code", max_length=60, blank=True, editable=False)
    title = models.CharField("titre", max_length=150, unique=True)
    purpose = models.CharField("usage", max_length=12, choices=Purpose.choices)
    introduction = models.TextField(
        "introduction", blank=True, help_text="Affichée au-dessus des questions."
    )
    is_active = models.BooleanField(
        "proposée", default=True, help_text="Une grille retirée garde ses réponses."
    )

    objects = GridQuerySet.as_manager()

    class Meta:
        verbose_name = "grille"
        verbose_name_plural = "grilles"
        ordering = ["purpose", "title"]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="grid_code_once")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def current_version(self) -> "GridVersion | None":
        """The version published last: the one that is filled in from now on."""
        return max(self.versions.all(), key=lambda version: version.number, default=None)


class GridVersion(UUIDModel):
    """One published state of a grid. It never changes: answers refer to its words."""

    grid = models.ForeignKey(
        Grid,
        verbose_name="grille",
        related_name="versions",
        on_delete=models.PROTECT,  # answers hang on it
    )
    number = models.PositiveSmallIntegerField("version")
    title = models.CharField("titre", max_length=150)
    introduction = models.TextField("introduction", blank=True)
    published_at = models.DateTimeField("publiée le", default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="publiée par",
        related_name="+",
        null=True,
        on_delete=models.SET_NULL,  # the version matters more than the hand
    )

    class Meta:
        verbose_name = "version d’une grille"
        verbose_name_plural = "versions de grilles"
        ordering = ["grid", "-number"]
        constraints = [models.UniqueConstraint(fields=["grid", "number"], name="grid_version_once")]

    def __str__(self) -> str:
        return f"{self.title} (version {self.number})"

    def save(self, *args, **kwargs) -> None:
        """Written once."""
        refuse_change(self)
        super().save(*args, **kwargs)


def refuse_change(row: models.Model) -> None:
    """Raise ValidationError when a row of a published version is saved a second time."""
    if not row._state.adding:
        raise ValidationError("Une version publiée ne change plus : publiez-en une nouvelle.")


class QuestionFields(models.Model):
    """What a question says, in a draft as in a version."""

    position = models.PositiveSmallIntegerField("ordre", default=0)
    label = models.CharField("question", max_length=300)
    help_text = models.CharField("aide", max_length=500, blank=True)
    kind = models.CharField("réponse", max_length=6, choices=Kind.choices, default=Kind.SCALE)
    is_required = models.BooleanField("obligatoire", default=False)
    minimum = models.PositiveSmallIntegerField(
        "note la plus basse", default=1, validators=[MaxValueValidator(HIGHEST_NOTE - 1)]
    )
    maximum = models.PositiveSmallIntegerField(
        "note la plus haute", default=5, validators=[MaxValueValidator(HIGHEST_NOTE)]
    )
    minimum_label = models.CharField("sens de la plus basse", max_length=60, blank=True)
    maximum_label = models.CharField("sens de la plus haute", max_length=60, blank=True)
    weight = models.DecimalField(
        "poids",
        max_digits=5,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(0)],
        help_text="Des notes seulement ; 0 : la note ne compte pas dans la moyenne.",
    )
    options = models.TextField("choix proposés", blank=True, help_text="Un par ligne.")

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label

    @property
    def choices(self) -> list[str]:
        """The options of a choice, in order, each once."""
        lines = (line.strip() for line in self.options.splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    @property
    def notes(self) -> range:
        """Every note of a scale."""
        return range(self.minimum, self.maximum + 1)

    @property
    def counts(self) -> bool:
        """Whether its answers enter the mean."""
        return self.kind == Kind.SCALE and self.weight > 0

    def clean(self) -> None:
        """Raise ValidationError by field on what does not hold together."""
        faults = {}
        if self.kind == Kind.SCALE and self.minimum >= self.maximum:
            faults["maximum"] = "La note la plus haute doit dépasser la plus basse."
        if self.kind == Kind.CHOICE and len(self.choices) < 2:
            faults["options"] = "Proposez au moins deux choix, un par ligne."
        if any(len(choice) > 200 for choice in self.choices):
            faults["options"] = "Un choix a 200 caractères au plus."
        if faults:
            raise ValidationError(faults)


class DraftQuestion(QuestionFields):
    """A question of a grid's draft: free to change."""

    grid = ParentalKey(
        Grid,
        related_name="questions",
        on_delete=models.CASCADE,  # a line of its grid
    )
    #: Under this name Wagtail's panel reorders.
    sort_order_field = "position"

    class Meta(QuestionFields.Meta):
        verbose_name = "question"
        verbose_name_plural = "questions"


class Question(UUIDModel, QuestionFields):
    """A question of a published version. It never changes."""

    version = models.ForeignKey(
        GridVersion,
        related_name="questions",
        on_delete=models.PROTECT,  # answers hang on it
    )

    class Meta(QuestionFields.Meta):
        verbose_name = "question publiée"
        verbose_name_plural = "questions publiées"
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="scale") | Q(minimum__lt=F("maximum")),
                name="question_scale_has_two_ends",
            ),
            models.CheckConstraint(condition=Q(weight__gte=0), name="question_weight_positive"),
        ]

    def save(self, *args, **kwargs) -> None:
        """Written once."""
        refuse_change(self)
        super().save(*args, **kwargs)


class AnswerFields(UUIDModel):
    """One answer, in the field that its question's kind calls for. No answer is no row."""

    question = models.ForeignKey(
        Question,
        verbose_name="question",
        related_name="+",
        on_delete=models.PROTECT,  # an answer without its question says nothing
    )
    note = models.PositiveSmallIntegerField("note", null=True)
    choice = models.CharField("choix", max_length=200, blank=True)
    text = models.TextField("texte", blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.value)

    @property
    def value(self) -> int | str:
        """What was answered."""
        return self.choice or self.text if self.note is None else self.note


#: An answer says one thing: `%(class)s` names the constraint of each table.
SAYS_ONE_THING = (
    Q(note__isnull=False, choice="", text="")
    | (Q(note=None, text="") & ~Q(choice=""))
    | (Q(note=None, choice="") & ~Q(text=""))
)
