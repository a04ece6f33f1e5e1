"""What the tests of these pages ask for, and what the form of a tender posts."""

import json
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from tests.tenders.drafts import in_days, theme


NEED = {"blocks": [{"text": "Clarifier les rôles.", "type": "unstyled"}], "entityMap": {}}
#: What the form of a tender with two criteria says of them.
SHOWN = {"criteria-INITIAL_FORMS": "2"}


def page(client, name, *keys, status=200, **get) -> str:
    """The text of a page, which must answer with this status."""
    answer = client.get(reverse(name, args=keys), get)
    assert answer.status_code == status, answer.headers
    return answer.content.decode()


def said(**values) -> dict:
    """What the form of a tender posts."""
    moments = {
        "participation_deadline": in_days(7),
        "deposit_deadline": in_days(14),
    }
    data = {
        "key": str(uuid4()),
        "seen": "0",
        "title": "Diagnostic de gouvernance",
        "need": json.dumps(NEED),
        "themes": [str(theme().pk)],
        "budget": "1 250,50",
        "criteria-TOTAL_FORMS": "2",
        "criteria-INITIAL_FORMS": "0",
        "criteria-0-label": "Méthode",
        "criteria-0-weight": "60",
        "criteria-1-label": "Prix",
        "criteria-1-weight": "40",
    }
    for name, moment in moments.items():
        local = timezone.localtime(moment)
        data[f"{name}_day"], data[f"{name}_hour"] = f"{local:%Y-%m-%d}", "12:00"
    return data | values
