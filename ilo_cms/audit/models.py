"""The log: one hash-chained row per act, and beside it the personal values, which can be erased.

The chained row holds identifiers and a digest of the detail, never a name or a value. Erasing a
detail (SPEC G1) therefore leaves the chain valid (G3); editing one is found.
"""

from django.db import models


class AuditHead(models.Model):
    """The end of the chain. One row, locked while an event is added, so that numbers never fork."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sequence = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        verbose_name = "fin de chaîne"

    def __str__(self) -> str:
        return f"{self.sequence} {self.digest[:12]}"


class AuditEvent(models.Model):
    """One act. Never updated, never deleted before its retention ends."""

    sequence = models.PositiveBigIntegerField("numéro", primary_key=True)
    at = models.DateTimeField("date", db_index=True)
    action = models.CharField("acte", max_length=60, db_index=True)
    actor_id = models.CharField("auteur", max_length=36, blank=True)
    organisation_id = models.CharField("structure", max_length=36, blank=True, db_index=True)
    target_type = models.CharField("objet", max_length=60, blank=True)
    target_id = models.CharField("identifiant de l’objet", max_length=36, blank=True)
    detail_digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    digest = models.CharField("empreinte", max_length=64)

    class Meta:
        verbose_name = "acte journalisé"
        verbose_name_plural = "actes journalisés"
        ordering = ["-sequence"]
        indexes = [models.Index(fields=["target_type", "target_id"], name="audit_target")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"


class AuditDetail(models.Model):
    """The words of an act: who, on what, old and new values. Erasing it leaves the chain valid."""

    event = models.OneToOneField(
        AuditEvent,
        related_name="detail",
        primary_key=True,
        on_delete=models.CASCADE,  # the words of an act do not outlive it
    )
    salt = models.CharField(max_length=32)
    content = models.JSONField("contenu")

    class Meta:
        verbose_name = "détail d’un acte"

    def __str__(self) -> str:
        return f"détail {self.event_id}"
