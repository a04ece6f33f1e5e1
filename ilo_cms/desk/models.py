"""What officers keep of their lists (SPEC O2)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.policies import active_officer


class SavedFilterQuerySet(models.QuerySet):
    """Who may see which saved filter."""

    def visible_to(self, user):
        """One's own, and those that colleagues of the same operator share."""
        if not user.is_authenticated:
            return self.none()
        officer = active_officer(user)
        shared = Q(
            is_shared=True, owner__officer__operator=officer.operator_id if officer else None
        )
        return self.filter(Q(owner=user) | (shared if officer else Q(pk=None)))


class SavedFilter(UUIDModel):
    """A list of the intranet as somebody filtered it, under a name."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="propriétaire",
        related_name="saved_filters",
        on_delete=models.CASCADE,  # a convenience of its owner
    )
    list_path = models.CharField("liste", max_length=200)
    query = models.CharField("filtre", max_length=2000)
    name = models.CharField("nom", max_length=80)
    is_shared = models.BooleanField("partagé avec mon équipe", default=False)
    created_at = models.DateTimeField("enregistré le", default=timezone.now)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = "filtre enregistré"
        verbose_name_plural = "filtres enregistrés"
        ordering = ["name", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list_path", "name"], name="saved_filter_once_by_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        """The address of the filtered list."""
        return f"{self.list_path}?{self.query}"
