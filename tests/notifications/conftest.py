"""Notices of a kind that anybody may be told of."""

import pytest

from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.notifications.services import notify


@pytest.fixture
def tell(monkeypatch):
    """Tell people of a decision that stays true; returns the notice and its mail, if any."""
    monkeypatch.setattr("ilo_cms.notifications.conditions._checks", {})

    def _tell(person, kind="moderation.decided", **fields):
        words = {"officer": "Claire Aubry", "organisation": "Conseil Sol", "outcome": "Acceptée."}
        if kind == "email.confirm":
            words = {"email": "x@y.example"}
        (notice,) = notify(
            kind, recipients=[person], organisation_id=None, path="/suite/", **words | fields
        )
        return notice, OutboxMessage.objects.filter(notice=notice).first()

    return _tell
