"""What the history of an organisation's record says to whom (SPEC A10, M6)."""

import pytest
from django.urls import reverse

from ilo_cms.audit.services import record
from ilo_cms.documents.models import Reach
from ilo_cms.referentials.models import DocumentType
from tests.factories import DocumentFactory, DocumentRequestFactory, EngagementFactory
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


def told(user, organisation) -> str:
    return as_(user).get(reverse("organisation:history", args=[organisation.pk])).text


def test_files_and_requests_of_an_engagement_are_told_to_who_reads_them(wired):
    engagement = EngagementFactory()
    organisation = engagement.beneficiary
    audience = {"type__audience": DocumentType.Audience.OFFICERS}
    targets = {
        "kbis.pdf": DocumentFactory(organisation=organisation, reach=Reach.TYPE, **audience),
        "rapport.pdf": DocumentFactory(organisation=organisation, reach=Reach.PARTIES, **audience),
        "offre.pdf": DocumentFactory(organisation=organisation, reach=Reach.OFFER, **audience),
        "de la fiche": DocumentRequestFactory(organisation=organisation),
        "de l’équipe": DocumentRequestFactory(organisation=organisation, engagement=engagement),
    }
    for name, target in targets.items():
        action = "document_request.asked" if name.startswith("de ") else "document.deposited"
        record(action, actor=None, target=target, organisation=organisation, name=name)
    other = told(an_officer(), organisation)
    assert [name for name in targets if name in other] == ["kbis.pdf", "de la fiche"]
    everything = told(an_administrator(), organisation)
    assert all(name in everything for name in targets)
    team = told(an_officer(operator=engagement.operator), organisation)
    assert "de l’équipe" in team and "offre.pdf" not in team
