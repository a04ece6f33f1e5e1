"""The log in words (SPEC G3)."""

import pytest

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.readable import changes
from ilo_cms.audit.services import record
from tests.factories import OrganisationFactory
from tests.tenders.drafts import a_draft


pytestmark = pytest.mark.django_db


def test_what_says_nothing_alone_is_named():
    said = {"digest": "9f2c", "people": 9, "recipients": ["Conseil Sol"], "reason": ""}
    record("offer.act", actor=None, target=OrganisationFactory(), **said)
    assert list(changes(AuditEvent.objects.latest("sequence"))) == [
        "Empreinte : 9f2c",
        "Personnes : 9",
        "Conseil Sol",
    ]


def test_what_a_tender_asks_is_said_in_words():
    tender = a_draft()
    before = {
        "criteria": ["Prix (40 %)", "Méthode (60 %)"],
        "need": "<p>Faire le point&nbsp;:</p><ul><li>prix</li></ul>",
        "deposit_deadline": "2026-12-11T21:00:00+00:00",
    }
    after = {"criteria": [], "need": "<p>Un < deux</p>", "deposit_deadline": None}
    said = {"before": before, "after": after, "requirements": 2, "number": 1}
    record("tender.amended", actor=None, target=tender, **said)
    assert set(changes(AuditEvent.objects.latest("sequence"))) == {
        "Critères : Prix (40 %), Méthode (60 %) → vide",
        "Dépôt des offres jusqu’au : 11/12/2026 22:00:00 → vide",
        "Besoin : Faire le point : prix → Un < deux",
        "Acte n° 1",
        "Version de la demande : 2",
    }


def test_a_moment_that_is_none_is_said_as_it_stands():
    tender = a_draft()
    for text in ("2026-12-01", "2026-13-45T10:00:00", "bientôt"):
        record(
            "tender.amended", actor=None, target=tender, before={}, after={"deposit_deadline": text}
        )
        assert list(changes(AuditEvent.objects.latest("sequence"))) == [
            f"Dépôt des offres jusqu’au : vide → {text}"
        ]
