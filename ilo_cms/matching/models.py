"""The journal of what the index must read again."""

from django.db import models


class Change(models.Model):
    """One row written by a trigger: this organisation, or all of them when it is empty.

    Only inserted, so that writers never wait for each other. `mark` is the number of the
    transaction on PostgreSQL and a random number on SQLite (see journal.py).
    """

    organisation_id = models.UUIDField("structure", null=True)
    mark = models.BigIntegerField("marque", db_index=True)

    class Meta:
        verbose_name = "changement à indexer"
        verbose_name_plural = "changements à indexer"
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.organisation_id or "tout")
