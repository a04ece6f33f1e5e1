"""What a load leaves behind: its runs, where each source row ended, what could not be placed."""

from django.db import models

from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.models import Assignment


class Run(models.Model):
    """One load of one export."""

    folder = models.CharField("dossier", max_length=255)
    digest = models.CharField("empreinte des fichiers", max_length=64)
    started_at = models.DateTimeField("début")
    finished_at = models.DateTimeField("fin", null=True)
    figures = models.JSONField("bilan", default=dict)

    class Meta:
        verbose_name = "reprise d’Enée"
        verbose_name_plural = "reprises d’Enée"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.folder} ({self.started_at:%d/%m/%Y %H:%M})"


class SourceRow(models.Model):
    """Where one row of the export ended: one place, and only one (SPEC L2).

    Only the last run's rows are kept; earlier runs keep their figures.
    """

    class Outcome(models.TextChoices):
        LOADED = "loaded", "Chargée"
        MERGED = "merged", "Fusionnée"
        REJECTED = "rejected", "Rejetée"

    run = models.ForeignKey(
        Run,
        related_name="rows",
        db_index=False,  # the table holds one run
        on_delete=models.CASCADE,  # the rows are the run's own account
    )
    file = models.CharField("fichier", max_length=40)
    line = models.PositiveIntegerField("ligne")
    key = models.CharField("identifiant Enée", max_length=60)
    outcome = models.CharField("issue", max_length=8, choices=Outcome.choices)
    target = models.UUIDField("fiche", null=True)

    class Meta:
        verbose_name = "ligne de l’export"
        verbose_name_plural = "lignes de l’export"
        ordering = ["file", "line"]

    def __str__(self) -> str:
        return f"{self.file}, ligne {self.line}"


class Finding(models.Model):
    """A value or a row that could not be taken as it was: why, and where it stands (SPEC L2)."""

    class Kind(models.TextChoices):
        REJECTED = "rejected", "Ligne rejetée"
        KEPT = "kept", "Valeur gardée à part"
        MENDED = "mended", "Valeur réparée"
        PROPOSED = "proposed", "Doublon possible"

    run = models.ForeignKey(
        Run,
        related_name="findings",
        db_index=False,  # as above
        on_delete=models.CASCADE,  # as above
    )
    kind = models.CharField("nature", max_length=8, choices=Kind.choices)
    file = models.CharField("fichier", max_length=40)
    line = models.PositiveIntegerField("ligne")
    column = models.CharField("colonne", max_length=60, blank=True)
    value = models.TextField("valeur", blank=True)
    reason = models.CharField("raison", max_length=255)

    class Meta:
        verbose_name = "constat de reprise"
        verbose_name_plural = "constats de reprise"
        ordering = ["file", "line", "id"]

    def __str__(self) -> str:
        return f"{self.file}, ligne {self.line} : {self.reason}"


class OldCode(models.Model):
    """One row of Enée's own code lists: what the re-entry helper shows beside the new lists."""

    list = models.CharField("liste", max_length=40)
    code = models.CharField("code", max_length=60)
    label = models.CharField("libellé", max_length=255)

    class Meta:
        verbose_name = "ancien code"
        verbose_name_plural = "anciens codes"
        ordering = ["list", "code"]
        constraints = [models.UniqueConstraint(fields=["list", "code"], name="old_code_once")]

    def __str__(self) -> str:
        return f"{self.code} · {self.label}"


class IndexedFile(UUIDModel):
    """A file that Enée's index names. The export does not carry the file itself."""

    organisation = models.ForeignKey(
        Organisation,
        null=True,
        related_name="+",
        on_delete=models.CASCADE,  # an index entry means nothing without its owner
    )
    assignment = models.ForeignKey(
        Assignment,
        null=True,
        related_name="+",
        on_delete=models.CASCADE,  # as above
    )
    type_label = models.CharField("ancien type", max_length=255, blank=True)
    name = models.CharField("nom du fichier", max_length=255)
    deposited_on = models.DateField("déposé le", null=True)
    kilobytes = models.PositiveIntegerField("taille (ko)", null=True)

    class Meta:
        verbose_name = "fichier de l’index Enée"
        verbose_name_plural = "fichiers de l’index Enée"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
