"""Tenders run by mail, by post or on a regional platform (SPEC T11)."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.core.clock import database_now
from ilo_cms.notifications.models import Notification
from ilo_cms.tenders.decisions import decide
from ilo_cms.tenders.elsewhere import record_outside_tender
from ilo_cms.tenders.models import Channel, Outcome, Phase, Tender
from ilo_cms.tenders.models.tender import seated
from ilo_cms.tenders.outside import take_out
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.scoring import hand_in, state_conflict
from tests.factories import (
    ContactFactory,
    EngagementFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
)
from tests.helpers.intranet import an_officer, as_
from tests.tenders.drafts import again, theme
from tests.tenders.test_outside import enter
from tests.tenders.test_selection_pages import archive_of, page


pytestmark = pytest.mark.django_db


def recorded(engagement=None, **values):
    engagement = engagement or EngagementFactory()
    said = {
        "key": uuid4(),
        "engagement": engagement,
        "channel": Channel.MAIL,
        "organisations": [OrganisationFactory(name="Conseil Sol")],
        "title": "Diagnostic",
        "themes": [theme()],
        "acting_user": engagement.officer.user,
    }
    return record_outside_tender(**said | values)


def test_it_is_at_once_in_selection_and_nobody_is_told():
    contact = ContactFactory()
    tender = recorded(organisations=[contact.organisation])
    assert phase(Tender.objects.get(pk=tender.pk), database_now()) == Phase.SELECTION
    invitation = tender.invitations.get()
    assert invitation.entered_outside and invitation.invited_at is None
    assert str(tender.events.get()).startswith("Mise en concurrence enregistrée (")
    assert tender.events.get().text == "Hors plateforme : courriel"
    assert not Notification.objects.exists()
    content = AuditEvent.objects.get(action="tender.recorded_outside").detail.content
    assert content["channel"] == "Courriel"


def test_in_a_cae_each_cooperator_has_an_offer_there_too():
    people = [OrganisationFactory(cae=True), OrganisationFactory()]
    places = recorded(organisations=people).invitations
    assert places.get(by_cooperator=True).organisation == people[0]


def test_the_same_form_records_once():
    engagement, key = EngagementFactory(), uuid4()
    assert recorded(engagement, key=key) == recorded(engagement, key=key)
    assert Tender.objects.count() == 1


def test_who_took_part_is_named_and_could_have_been_paid():
    engagement = EngagementFactory()
    for organisations in ([], [engagement.beneficiary], [engagement.operator]):
        with pytest.raises(ValidationError) as error:
            recorded(engagement, organisations=organisations)
        assert "organisations" in error.value.message_dict
    # Inactive since, it did take part.
    assert recorded(engagement, organisations=[OrganisationFactory(inactive=True)])


def test_it_was_run_elsewhere_by_the_team():
    with pytest.raises(ValidationError):
        recorded(channel=Channel.PLATFORM)
    with pytest.raises(PermissionDenied):
        recorded(acting_user=OfficerFactory().user)
    assert not Tender.objects.exists()


def test_the_page_records_by_siren(wired):
    officer = an_officer()
    engagement = EngagementFactory(officer=officer.officer)
    organisation = OrganisationFactory()
    address = reverse("tender_outside", args=[engagement.pk])
    data = {
        "key": str(uuid4()),
        "channel": "courrier",
        "title": "Diagnostic",
        "themes": [theme().pk],
        "organisations": f"{organisation.siren[:3]} {organisation.siren[3:]}\n",
        "criteria-TOTAL_FORMS": "0",
        "criteria-INITIAL_FORMS": "0",
    }
    client = as_(officer)
    assert client.get(address).status_code == 200
    wrong = client.post(address, data | {"organisations": "000000000"})
    assert wrong.status_code == 422
    assert "Aucune structure de l’annuaire : 000000000" in wrong.content.decode()
    assert client.post(address, data).status_code == 302
    tender = Tender.objects.get()
    page = client.get(reverse("tender_page", args=[tender.pk])).content.decode()
    assert "Hors plateforme" in page


def test_who_took_part_reads_it_when_it_is_decided_and_never_as_a_call(client, wired):
    """It has nothing to answer here: only the decision is told, by mail too (SPEC T11, T13)."""
    contact = ContactFactory()
    tender = recorded(organisations=[contact.organisation], title="Diagnostic ailleurs")
    client.force_login(contact.user)
    pages = [reverse("tenders"), reverse("home")]
    assert client.get(reverse("tender", args=[tender.pk])).status_code == 404
    for each in pages:
        assert tender.title not in client.get(each).content.decode()
    officer = tender.officer.user
    state_conflict(tender=tender, has_conflict=False, text="", acting_user=officer)
    decide(
        tender=tender,
        outcome=Outcome.UNSUCCESSFUL,
        offer=None,
        comment="Budget refusé.",
        reasons={},
        seen=Tender.objects.get(pk=tender.pk).revision,
        acting_user=officer,
    )
    notice = Notification.objects.get(kind="tender.decided", recipient=contact.user)
    assert "Budget refusé." in client.get(notice.path).content.decode()
    assert tender.title in client.get(reverse("tenders")).content.decode()


def test_nothing_was_opened_and_no_page_says_so(wired):
    officer = an_officer()
    tender = recorded(EngagementFactory(officer=officer.officer), acting_user=officer)
    client, record = as_(officer), reverse("tender_opening", args=[tender.pk])
    assert client.get(record).status_code == 404
    text = page(client, tender)
    assert record not in text and "Offres ouvertes" not in text
    assert reverse("tender_archive", args=[tender.pk]) in text
    members = archive_of(client, tender)
    assert "5 ouverture.pdf" not in members
    assert "Enregistrée le" in members["1 avis.txt"]
    assert "diffusée" not in (text + members["1 avis.txt"]).lower()


def test_no_sheet_is_handed_in_before_an_offer_is_entered(claire):
    officer = claire.officer
    tender = recorded(EngagementFactory(operator=officer.operator, officer=officer))
    browser = as_(claire)
    state_conflict(tender=tender, has_conflict=False, text="", acting_user=claire)
    assert reverse("tender_act", args=[tender.pk, "notes"]) not in page(browser, tender)
    with pytest.raises(ValidationError, match="pas d’offre à noter"):
        hand_in(tender=tender, acting_user=claire)
    assert "rien n’était à ouvrir ici" in archive_of(browser, tender)["index.txt"]


def test_who_was_consulted_elsewhere_keeps_its_place_and_who_was_mistaken_for_it_does_not(claire):
    officer = claire.officer
    consulted, other = (EstablishmentFactory().organisation for _ in range(2))
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    tender = recorded(engagement, organisations=[consulted])
    for organisation in (consulted, other):
        entry = enter(tender, claire, organisation)
        seen = again(tender).revision
        take_out(offer=entry.offer, reason="Erreur.", seen=seen, acting_user=claire)
    assert [row.organisation for row in tender.invitations.filter(seated())] == [consulted]
    enter(tender, claire, other)
    assert tender.invitations.filter(seated()).count() == 2
