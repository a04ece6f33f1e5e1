"""The log in words (SPEC G3)."""

import pytest

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.readable import changes
from ilo_cms.audit.services import record
from tests.factories import OrganisationFactory


pytestmark = pytest.mark.django_db


def test_what_says_nothing_alone_is_named():
    said = {"digest": "9f2c", "people": 9, "recipients": ["Conseil Sol"], "reason": ""}
    record("offer.act", actor=None, target=OrganisationFactory(), **said)
    assert list(changes(AuditEvent.objects.latest("sequence"))) == [
        "Empreinte : 9f2c",
        "Personnes : 9",
        "Conseil Sol",
    ]
