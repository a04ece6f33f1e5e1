"""Engagements and assignments as their parties read them (SPEC E4, E6, E10, E11, A7)."""

from datetime import date
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ilo_cms.engagements.models import (
    Action,
    ActionType,
    AssignmentStatus,
    Resource,
    ResourceShare,
    Stage,
    StageEntry,
)
from tests.evaluations.factories import EvaluationFactory, SatisfactionRequestFactory
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    DocumentRequestFactory,
    EngagementContactFactory,
    EngagementFactory,
    MeetingFactory,
    OfficerFactory,
    ResourceFactory,
)


pytestmark = pytest.mark.django_db

NAMES = ["engagement", "engagement_contacts", "engagement_meetings", "engagement_documents"]


@pytest.fixture
def engagement():
    """In its third stage, with one assignment engaged and one planned."""
    engagement = EngagementFactory(
        title="Consolider le modèle économique", officer=OfficerFactory(phone="+33478000000")
    )
    for stage, day in zip(Stage, (15, 20, 25), strict=False):
        StageEntry.objects.create(engagement=engagement, stage=stage, entered_on=date(2026, 1, day))
    kind, _ = ActionType.objects.get_or_create(code="expertise", defaults={"label": "Expertise"})
    Action.objects.create(engagement=engagement, kind=kind, label="Relire les comptes")
    return engagement


@pytest.fixture
def assignment(engagement):
    return AssignmentFactory(engagement=engagement, label="Structurer la gouvernance")


@pytest.fixture
def beneficiary(engagement):
    return ContactFactory(organisation=engagement.beneficiary)


def text(response) -> str:
    """The page with plain spaces."""
    assert response.status_code == 200
    return unescape(response.text).replace("\u202f", " ").replace("\xa0", " ")


def test_a_beneficiary_reads_its_whole_path(sign_in, engagement, assignment, beneficiary):
    AssignmentFactory(
        engagement=engagement, label="À choisir", status=AssignmentStatus.TENDERED, amount=7777
    )
    client = sign_in(beneficiary.user)
    home = text(client.get("/"))
    assert reverse("engagement", args=[engagement.pk]) in home
    assert Stage.PLAN.label in home and f"mailto:{engagement.officer.user.email}" in home
    page = text(client.get(reverse("engagement", args=[engagement.pk])))
    assert "depuis le 25/01/2026" in page and page.count("terminée") == 2
    assert "Structurer la gouvernance" in page and "5 400,00 €" in page
    assert "Relire les comptes" in page
    assert "À choisir" in page and "7 777" not in page, "an amount is told once it is engaged"
    assert str(engagement.officer.user) in page and "tel:+33478000000" in page
    EngagementContactFactory(engagement=engagement, contact=beneficiary)
    contacts = text(client.get(reverse("engagement_contacts", args=[engagement.pk])))
    assert str(assignment.contact.user) in contacts and beneficiary.user.email in contacts


def test_a_provider_reads_what_it_is_engaged_for_and_no_more(sign_in, engagement, assignment):
    other = AssignmentFactory(engagement=engagement, label="D’un autre prestataire")
    planned = AssignmentFactory(
        engagement=engagement, contact=assignment.contact, label="Prévue", status="prevue"
    )
    client = sign_in(assignment.contact.user)
    page = text(client.get(reverse("engagement", args=[engagement.pk])))
    assert "Structurer la gouvernance" in page and str(engagement.beneficiary) in page
    for hidden in ("D’un autre prestataire", "Prévue", "Relire les comptes"):
        assert hidden not in page
    contacts = text(client.get(reverse("engagement_contacts", args=[engagement.pk])))
    assert str(other.contact.user) not in contacts
    assert "5 400,00 €" in text(client.get(reverse("assignment", args=[assignment.pk])))
    for hidden in (other, planned):
        assert client.get(reverse("assignment", args=[hidden.pk])).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_strangers_and_colleagues_in_another_capacity_find_nothing(
    sign_in, engagement, assignment, name
):
    address = reverse(name, args=[engagement.pk])
    stranger = ContactFactory()
    assert sign_in(stranger.user).get(address).status_code == 404
    elsewhere = ContactFactory(user=assignment.contact.user)
    assert sign_in(assignment.contact.user, elsewhere).get(address).status_code == 404
    here = assignment.contact
    assert sign_in(assignment.contact.user, here).get(address).status_code == 200


@pytest.mark.parametrize(
    ("left", "status"), [(date(2026, 1, 31), 404), (date(2026, 2, 1), 200), (date(2026, 2, 2), 200)]
)
def test_who_has_left_reads_what_had_begun_by_then(sign_in, assignment, left, status):
    former = ContactFactory(organisation=assignment.provider, ended_on=left)
    client = sign_in(former.user, former)
    assert client.get(reverse("assignment", args=[assignment.pk])).status_code == status
    assert client.get(reverse("engagement", args=[assignment.engagement_id])).status_code == status


def test_an_organisation_that_is_both_reads_each_side(sign_in, engagement, beneficiary):
    """A beneficiary that is also a provider, even of itself, finds both."""
    elsewhere = AssignmentFactory(contact=beneficiary, label="Chez un autre bénéficiaire")
    client = sign_in(beneficiary.user)
    home = text(client.get("/"))
    assert engagement.title in home and "Chez un autre bénéficiaire" in home
    page = text(client.get(reverse("engagement", args=[elsewhere.engagement_id])))
    assert "Vos prestations de conseil" in page


def test_a_provider_finds_all_its_assignments_by_pages(sign_in):
    contact = ContactFactory()
    for number in range(12):
        AssignmentFactory(contact=contact, label=f"Prestation n° {number:02}")
    client = sign_in(contact.user)
    both = text(client.get("/")) + text(client.get("/?page=2"))
    assert all(f"Prestation n° {number:02}" in both for number in range(12))


@pytest.mark.parametrize("name", NAMES)
def test_the_queries_of_an_engagement_do_not_grow(sign_in, engagement, beneficiary, name):
    client = sign_in(beneficiary.user)
    counts = []
    for number in (2, 18):
        AssignmentFactory.create_batch(number, engagement=engagement)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(name, args=[engagement.pk]))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_is_not_filled_in_is_said(sign_in, engagement, beneficiary):
    engagement.officer = None
    engagement.save()
    StageEntry.objects.all().delete()
    bare = AssignmentFactory(
        engagement=engagement, amount=None, days=None, starts_on=None, ends_on=None, skill=None
    )
    client = sign_in(beneficiary.user)
    assert "à désigner" in text(client.get(reverse("engagement", args=[engagement.pk])))
    page = text(client.get(reverse("assignment", args=[bare.pk])))
    assert page.count("à préciser") == 2
    bare.status = "abandonnee"
    bare.save()
    page = text(client.get(reverse("engagement", args=[engagement.pk])))
    assert "Abandonnée" in page and "à choisir" not in page


def test_documents_asked_for_are_those_of_one_s_own_organisation(
    sign_in, engagement, assignment, beneficiary
):
    asked = DocumentRequestFactory(
        organisation=assignment.provider, engagement=engagement, assignment=assignment
    )
    address = reverse("engagement_documents", args=[engagement.pk])
    link = reverse("document_request", args=[asked.pk])
    assert link in text(sign_in(assignment.contact.user).get(address))
    assert link not in text(sign_in(beneficiary.user).get(address))


def test_the_first_tab_says_what_awaits_the_organisation(
    sign_in, engagement, assignment, beneficiary
):
    asked = DocumentRequestFactory(
        organisation=assignment.provider, engagement=engagement, assignment=assignment
    )
    meeting = MeetingFactory(engagement=engagement, contacts=[assignment.contact])
    address = reverse("engagement", args=[engagement.pk])
    links = [reverse("document_request", args=[asked.pk]), reverse("meeting", args=[meeting.pk])]
    page = text(sign_in(assignment.contact.user).get(address))
    assert all(link in page for link in links) and "à envoyer" in page
    page = text(sign_in(beneficiary.user).get(address))
    assert not any(link in page for link in links) and "En attente et à venir" not in page


def test_home_says_what_awaits(sign_in, engagement, beneficiary, wired):
    form = SatisfactionRequestFactory(engagement=engagement, contact=beneficiary)
    assert form.path in text(sign_in(beneficiary.user).get("/"))
    evaluation = EvaluationFactory(shared=True)
    contact = evaluation.assignment.contact
    client = sign_in(contact.user)
    assert evaluation.path in text(client.get("/"))
    assert evaluation.path in text(
        client.get(reverse("assignment", args=[evaluation.assignment_id]))
    )
    evaluation.read_at = evaluation.shared_at
    evaluation.read_by = contact
    evaluation.save()
    assert evaluation.path not in text(client.get("/"))


def deposit(client, contact, engagement, **typed):
    """Post the form of the documents' page."""
    form = {"acting_as": str(contact.pk), "key": str(uuid4()), "title": "Rapport d’étape"}
    return client.post(reverse("engagement_documents", args=[engagement.pk]), form | typed)


def test_a_provider_deposits_a_deliverable_for_whom_it_chooses(
    sign_in, engagement, assignment, beneficiary
):
    rival = AssignmentFactory(engagement=engagement)
    contact = assignment.contact
    client = sign_in(contact.user)
    answer = deposit(
        client,
        contact,
        engagement,
        assignment=assignment.pk,
        note="Première version.",
        shared_with=[engagement.beneficiary_id],
    )
    assert answer.status_code == 302
    resource = Resource.objects.get()
    assert resource.is_deliverable and resource.organisation == assignment.provider
    address = reverse("engagement_documents", args=[engagement.pk])
    assert "Première version." in text(sign_in(beneficiary.user).get(address))
    assert "Première version." not in text(sign_in(rival.contact.user).get(address))
    page = text(sign_in(contact.user).get(reverse("assignment", args=[assignment.pk])))
    assert "livrable" in page and "Rapport d’étape" in page


def test_a_share_taken_back_or_a_resource_withdrawn_is_gone_at_once(
    sign_in, engagement, assignment
):
    resource = ResourceFactory(engagement=engagement, title="Grille partagée")
    ResourceShare.objects.create(
        resource=resource, organisation=assignment.provider, shared_by=engagement.officer.user
    )
    client = sign_in(assignment.contact.user)
    address = reverse("engagement_documents", args=[engagement.pk])
    assert "Grille partagée" in text(client.get(address))
    ResourceShare.objects.update(revoked_at=timezone.now())
    assert "Grille partagée" not in text(client.get(address))


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({}, "Joignez un fichier, un lien ou une note."),
        ({"note": "x", "title": ""}, "obligatoire"),
        ({"url": "javascript:alert(1)"}, "URL"),
        ({"note": "x", "assignment": str(uuid4())}, "choix"),
    ],
)
def test_what_cannot_be_deposited_is_said_and_keeps_what_was_typed(
    sign_in, engagement, assignment, typed, reason
):
    typed = {"assignment": assignment.pk} | typed
    answer = deposit(sign_in(assignment.contact.user), assignment.contact, engagement, **typed)
    assert answer.status_code == 422 and not Resource.objects.exists()
    page = unescape(answer.text)
    assert reason in page
    if typed.get("title") != "":
        assert 'value="Rapport d’étape"' in page


def test_a_form_of_another_structure_deposits_nothing(sign_in, engagement, assignment, beneficiary):
    client = sign_in(assignment.contact.user)
    answer = deposit(client, beneficiary, engagement, note="Un long texte")
    assert answer.status_code == 409 and "Un long texte" in answer.text
    assert not Resource.objects.exists()


def test_nothing_is_deposited_on_a_closed_engagement_nor_by_who_has_left(
    sign_in, engagement, assignment
):
    engagement.closed_on = date(2026, 6, 30)
    engagement.save()
    contact = assignment.contact
    page = text(sign_in(contact.user).get(reverse("engagement_documents", args=[engagement.pk])))
    assert "Déposer" not in page
    answer = deposit(sign_in(contact.user), contact, engagement, assignment=assignment.pk, note="x")
    assert answer.status_code == 422
    assert "Cet accompagnement est clos : écrivez à votre chargé·e d’accompagnement." in unescape(
        answer.text
    )
    assert 'value="Rapport d’étape"' in unescape(answer.text), "what was typed stays"
    assert not Resource.objects.exists()


def test_an_officer_who_is_also_a_contact_reads_as_that_contact_only(sign_in, engagement):
    """The extranet knows the capacity, not what its holder may read in the intranet (A6)."""
    officer = engagement.officer
    contact = ContactFactory(user=officer.user)
    client = sign_in(officer.user, contact)
    for name in NAMES:
        assert client.get(reverse(name, args=[engagement.pk])).status_code == 404
