"""What administrators prepare for officers: a need, its criteria, its documents (SPEC O4, T2)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.fields import RichTextField

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.referentials.models import DocumentType
from ilo_cms.tenders.models.tender import NEED_FEATURES


class TenderTemplate(UUIDModel, TimestampedModel, ClusterableModel):
    """A tender to start from. What is made from it is a copy: it changes no tender later."""

    label = models.CharField("modèle", max_length=150, unique=True)
    need = RichTextField("besoin", features=NEED_FEATURES, blank=True)
    required_types = ParentalManyToManyField(
        DocumentType, verbose_name="documents exigés", related_name="+", blank=True
    )
    is_active = models.BooleanField("proposé", default=True)

    class Meta:
        verbose_name = "modèle de mise en concurrence"
        verbose_name_plural = "modèles de mise en concurrence"
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


class TemplateCriterion(UUIDModel):
    """One criterion of a template."""

    template = ParentalKey(
        TenderTemplate,
        verbose_name="modèle",
        related_name="criteria",
        on_delete=models.CASCADE,  # a line of its template
    )
    label = models.CharField("critère", max_length=150)
    help_text = models.CharField("précision", max_length=255, blank=True)
    weight = models.PositiveSmallIntegerField(
        "poids (%)", validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    sort_order = models.PositiveSmallIntegerField("ordre", default=0, editable=False)

    class Meta:
        verbose_name = "critère"
        verbose_name_plural = "critères"
        ordering = ["template", "sort_order", "id"]

    def __str__(self) -> str:
        return f"{self.label} ({self.weight}\u00a0%)"
