"""Abstract models shared by the apps above."""

import uuid

from django.db import models


class UUIDModel(models.Model):
    """A row whose identifier may stand in an address: it cannot be guessed."""

    id = models.UUIDField("identifiant", primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class TimestampedModel(models.Model):
    """A row that remembers when it was made and last changed."""

    created_at = models.DateTimeField("créé le", auto_now_add=True)
    updated_at = models.DateTimeField("modifié le", auto_now=True)

    class Meta:
        abstract = True


class WebAddressField(models.URLField):
    """A URL whose forms read "exemple.fr" as https://exemple.fr."""

    def formfield(self, **kwargs):
        """The form field, with the scheme that Django 6 will assume by itself."""
        return super().formfield(**{"assume_scheme": "https", **kwargs})
