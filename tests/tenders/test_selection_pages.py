"""The officers' pages of the selection: opening, scoring, deciding, the whole file (T9–T16)."""

import io
import re
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from ilo_cms.directory.models import Contact
from ilo_cms.tenders.models import (
    AgreedScore,
    Decision,
    Deposit,
    Opening,
    Outcome,
    ScoreSheet,
)
from ilo_cms.tenders.scoring import Note, agree_scores, hand_in, save_scores, scored, state_conflict
from tests.factories import ContactFactory, EngagementFactory, OrganisationFactory
from tests.helpers.amounts import says
from tests.helpers.files import pdf
from tests.helpers.intranet import an_officer, as_
from tests.tenders.drafts import again, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, offer_type, standing


pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(claire):
    """A tender of Claire's with two offers, still sealed."""
    officer = claire.officer
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    people = [
        ContactFactory(organisation__name=name, has_access=True) for name in ("Alpha", "Bêta")
    ]
    tender = in_deposit(*people, engagement=engagement, acting_user=claire)
    deposited(tender, people[0], price="4321.09")
    deposited(tender, people[1], price="5000", pages=2)
    return again(tender)


@pytest.fixture
def browser_of_claire(claire):
    return as_(claire)


def slot(file):
    """The file of an offer from outside, as its form sends it."""
    return {f"file-{offer_type().pk}": file}


def act(client, tender, name, **data):
    address = reverse("tender_act", args=[tender.pk, name])
    return client.post(address, {"seen": again(tender).revision} | data)


def page(client, tender):
    return client.get(reverse("tender_page", args=[tender.pk])).content.decode()


def standing_out(client, tender):
    """The labels of the acts that look like the one to do."""
    return re.findall(r'class="button button-small" href="[^"]*">(.*?)<', page(client, tender))


def notes(tender, *values, **more):
    offers, criteria = scored(tender)
    return more | {
        f"note-{standing(offer)}-{criterion.pk}": value
        for offer, value in zip(offers, values, strict=True)
        for criterion in criteria
    }


def test_before_the_opening_no_page_of_the_selection_names_an_offer(browser_of_claire, sealed):
    for name in ("interets", "notes", "notes-arretees", "decider", "offre-hors-plateforme"):
        answer = act(browser_of_claire, sealed, name, outcome="retenue", comment="x")
        said = answer.content.decode()
        assert answer.status_code in {403, 409, 422}
        assert not says(said, "4321.09")
        assert "Alpha –" not in said
    assert act(browser_of_claire, sealed, "ouvrir").status_code == 422
    address = reverse("tender_opening", args=[sealed.pk])
    assert browser_of_claire.get(address).status_code == 404
    archive = browser_of_claire.get(reverse("tender_archive", args=[sealed.pk]))
    members = zipfile.ZipFile(io.BytesIO(b"".join(archive))).namelist()
    assert not [name for name in members if "offre" in name]
    assert not says(page(browser_of_claire, sealed), "4321.09")


def test_an_officer_opens_scores_and_decides(browser_of_claire, claire, sealed):
    pass_deadlines(sealed, deposits=True)
    assert standing_out(browser_of_claire, sealed) == ["Ouvrir les offres"]
    assert act(browser_of_claire, sealed, "ouvrir").status_code == 302
    assert standing_out(browser_of_claire, sealed) == ["Ma déclaration d’intérêts"]
    assert Opening.objects.get().by == claire
    assert says(page(browser_of_claire, sealed), "4321.09")
    act(browser_of_claire, sealed, "interets", has_conflict="non")
    assert standing_out(browser_of_claire, sealed) == ["Ma grille individuelle"]
    first = act(browser_of_claire, sealed, "notes", **notes(sealed, "8,5", "6"))
    assert first.status_code == 302
    assert ScoreSheet.objects.get().handed_in_at is None
    act(browser_of_claire, sealed, "notes", **notes(sealed, "8,5", "6", is_final="on"))
    assert ScoreSheet.objects.get().handed_in_at
    form = browser_of_claire.get(reverse("tender_act", args=[sealed.pk, "notes-arretees"]))
    assert "8,5" in form.content.decode()
    act(browser_of_claire, sealed, "notes-arretees", **notes(sealed, "8,5", "6"))
    assert AgreedScore.objects.count() == 4
    assert standing_out(browser_of_claire, sealed) == ["Décider"]
    offers, _ = scored(sealed)
    data = {"outcome": "retenue", "offer": str(offers[0].pk), "comment": "La plus adaptée."}
    refused = act(browser_of_claire, sealed, "decider", **data)
    assert refused.status_code == 422  # Bêta has no reason
    assert "Bêta" in refused.content.decode()
    data[f"reason-{offers[1].pk}"] = "Méthode moins précise"
    assert act(browser_of_claire, sealed, "decider", **data).status_code == 302
    assert Decision.objects.get().outcome == Outcome.RETAINED
    said = page(browser_of_claire, sealed)
    assert "La convention est en cours de signature" in said
    assert "Méthode moins précise" in said


def test_who_has_a_conflict_of_interest_is_offered_nothing_to_fill_in(browser_of_claire, sealed):
    pass_deadlines(sealed, deposits=True)
    act(browser_of_claire, sealed, "ouvrir")
    for said, sentence in ((None, "Remplissez d’abord"), ("oui", "Vous avez déclaré un conflit")):
        if said:
            act(browser_of_claire, sealed, "interets", has_conflict=said, text="Ma sœur.")
        text = page(browser_of_claire, sealed)
        assert sentence in text
        for name in ("notes", "notes-arretees", "decider"):
            address = reverse("tender_act", args=[sealed.pk, name])
            assert address not in text and browser_of_claire.get(address).status_code == 302
    act(browser_of_claire, sealed, "interets", has_conflict="non")
    assert reverse("tender_act", args=[sealed.pk, "decider"]) not in page(browser_of_claire, sealed)
    act(browser_of_claire, sealed, "interets", has_conflict="non", text="Une homonyme.")
    text = page(browser_of_claire, sealed)
    assert reverse("tender_act", args=[sealed.pk, "decider"]) in text and "Une homonyme." in text
    assert "Vous avez déclaré" not in text


def test_the_whole_file_of_a_cancelled_tender_is_offered_and_keeps_the_lines_of_the_need(
    browser_of_claire, sealed
):
    address = reverse("tender_archive", args=[sealed.pk])
    assert address not in page(browser_of_claire, sealed)
    type(sealed).objects.filter(pk=sealed.pk).update(need="<p>Un&nbsp;:</p><ul><li>deux</li></ul>")
    act(browser_of_claire, sealed, "annuler", reason="Reporté.")
    assert address in page(browser_of_claire, sealed)
    members = archive_of(browser_of_claire, sealed)
    assert "Un\xa0:\n\ndeux" in members["1 avis.txt"].replace("\r", "")
    assert "8 notes ; aucune note" in members["index.txt"]


def test_the_record_and_the_whole_file_leave_after_the_opening(browser_of_claire, sealed):
    pass_deadlines(sealed, deposits=True)
    act(browser_of_claire, sealed, "ouvrir")
    record = browser_of_claire.get(reverse("tender_opening", args=[sealed.pk]))
    assert record.getvalue().startswith(b"%PDF")
    answer = browser_of_claire.get(reverse("tender_archive", args=[sealed.pk]))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer)))
    assert archive.testzip() is None
    names = archive.namelist()
    assert "5 ouverture.pdf" in names
    assert any("Alpha" in name and name.endswith(".pdf") for name in names)
    index = archive.read("index.txt").decode("utf-8-sig")
    assert all(name in index for name in names if name != "index.txt")
    assert "4 dossier ; aucune pièce" in index  # no number is missing
    assert {line.split()[0] for line in index.splitlines()} == {str(n) for n in range(1, 13)}


def archive_of(client, tender):
    """The members of the whole file as text, by name."""
    answer = client.get(reverse("tender_archive", args=[tender.pk]))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer)))
    texts = [name for name in archive.namelist() if name.endswith(".txt")]
    return {name: archive.read(name).decode("utf-8-sig") for name in texts}


def test_the_whole_file_has_the_interests_and_the_decision(browser_of_claire, claire, sealed):
    pass_deadlines(sealed, deposits=True)
    act(browser_of_claire, sealed, "ouvrir")
    index = archive_of(browser_of_claire, sealed)["index.txt"]
    assert "7 intérêts ; aucune déclaration d’intérêts" in index
    assert "9 décision ; aucune décision" in index
    karim = an_officer(operator=claire.officer.operator)
    state_conflict(tender=sealed, has_conflict=True, text="Ancien employeur", acting_user=karim)
    state_conflict(tender=sealed, has_conflict=False, text="", acting_user=claire)
    save_scores(tender=sealed, notes=scores(sealed), acting_user=claire)
    hand_in(tender=sealed, acting_user=claire)
    agree_scores(tender=sealed, notes=scores(sealed), acting_user=claire)
    offers, _ = scored(sealed)
    data = {"outcome": "retenue", "offer": str(offers[0].pk), "comment": "La plus adaptée."}
    data[f"reason-{offers[1].pk}"] = "Méthode moins précise"
    assert act(browser_of_claire, sealed, "decider", **data).status_code == 302
    members = archive_of(browser_of_claire, sealed)
    interests = members["7 intérêts.txt"].splitlines()
    assert [line.partition(" ; ")[2] for line in interests] == [
        f"{karim} ; Conflit d’intérêts déclaré : Ancien employeur",
        f"{claire} ; Aucun conflit d’intérêts",
    ]
    decision = members["9 décision.txt"]
    said = "Offre retenue : Alpha|La plus adaptée.|Non retenue : Bêta ; Méthode moins précise"
    assert all(words in decision.splitlines() for words in said.split("|"))
    assert f"Par : {claire}" in decision
    for line in ("7 intérêts.txt ; ", "9 décision.txt ; "):
        assert line in members["index.txt"]


def scores(tender):
    offers, criteria = scored(tender)
    return {(standing(offer), each.pk): Note(Decimal(5)) for offer in offers for each in criteria}


def received(moment):
    """When an offer came, as the form says it."""
    local = timezone.localtime(moment)
    return {"received_at_day": f"{local:%Y-%m-%d}", "received_at_hour": f"{local:%H:%M}"}


def test_an_offer_from_outside_is_entered_after_the_opening_and_marked(
    browser_of_claire, claire, sealed
):
    pass_deadlines(sealed, deposits=True)
    act(browser_of_claire, sealed, "ouvrir")
    outside = OrganisationFactory(name="Gamma")
    data = {
        "key": "6f1c1c5e-0000-4000-8000-000000000001",
        "siren": outside.siren,
        "channel": "courriel",
        **received(again(sealed).deposit_deadline - timedelta(minutes=1)),
        "price": "3 900,50",
        "days": "5",
    }
    future = data | received(timezone.now() + timedelta(days=1))
    late = data | received(again(sealed).deposit_deadline + timedelta(minutes=1))
    unpaid = data | {"siren": sealed.engagement.beneficiary.siren}
    attempts = ((future, 422), (late, 422), (unpaid, 422), (data, 302), (data, 302))
    for given, status in attempts:
        file = SimpleUploadedFile("offre.pdf", pdf(pages=3), "application/pdf")
        answer = act(browser_of_claire, sealed, "offre-hors-plateforme", **given, **slot(file))
        assert answer.status_code == status, answer.content.decode()
    state_conflict(tender=sealed, has_conflict=False, text="", acting_user=claire)
    save_scores(tender=sealed, notes=scores(sealed), acting_user=claire)
    hand_in(tender=sealed, acting_user=claire)
    other = OrganisationFactory(name="Delta", siren="999999907")
    file = SimpleUploadedFile("offre.pdf", pdf(pages=4), "application/pdf")
    given = data | {"siren": other.siren, "key": "6f1c1c5e-0000-4000-8000-000000000002"}
    answer = act(browser_of_claire, sealed, "offre-hors-plateforme", **given, **slot(file))
    assert "trop tard" in answer.content.decode()
    row = Deposit.objects.get(channel="courriel")
    assert row.content["price"] == "3900.50"
    assert "reçue par courriel" in page(browser_of_claire, sealed)


def test_an_offer_from_outside_with_the_key_of_another_tender_is_refused(browser_of_claire, sealed):
    contact = ContactFactory(has_access=True)
    foreign = deposited(in_deposit(contact), contact)
    pass_deadlines(sealed, deposits=True)
    act(browser_of_claire, sealed, "ouvrir")
    data = {
        "key": Deposit.objects.get(offer=foreign).key,
        "siren": OrganisationFactory().siren,
        "channel": "courriel",
        **received(again(sealed).deposit_deadline - timedelta(minutes=1)),
        "price": "3900",
        "days": "5",
    }
    file = SimpleUploadedFile("offre.pdf", pdf(pages=3), "application/pdf")
    answer = act(browser_of_claire, sealed, "offre-hors-plateforme", **data, **slot(file))
    assert answer.status_code == 409
    assert "rechargez-la" in answer.content.decode()


def test_agreed_notes_are_shown_again_with_their_comments_even_when_zero(
    browser_of_claire, claire, sealed
):
    pass_deadlines(sealed, deposits=True)
    act(browser_of_claire, sealed, "ouvrir")
    state_conflict(tender=sealed, has_conflict=False, text="", acting_user=claire)
    save_scores(tender=sealed, notes=scores(sealed), acting_user=claire)
    hand_in(tender=sealed, acting_user=claire)
    given = notes(sealed, "0", "6")
    said = given | {f"{name}-comment": "Hors sujet" for name in given}
    assert act(browser_of_claire, sealed, "notes-arretees", **said).status_code == 302
    address = reverse("tender_act", args=[sealed.pk, "notes-arretees"])
    form = browser_of_claire.get(address).context["form"]
    for name, value in given.items():
        assert form[name].initial == Decimal(value)
        assert form[f"{name}-comment"].initial == "Hors sujet"


def test_officers_of_other_operators_reach_none_of_it(wired, sealed):
    other = as_(an_officer())
    for name in ("tender_page", "tender_opening", "tender_archive"):
        assert other.get(reverse(name, args=[sealed.pk])).status_code == 404
    for name in ("ouvrir", "notes", "decider"):
        assert act(other, sealed, name).status_code == 404


def test_only_who_took_part_reads_why_and_who_left_reads_nothing_since(
    client, browser_of_claire, claire, sealed
):
    silent, left = ContactFactory(has_access=True), ContactFactory(has_access=True)
    for contact in (silent, left):
        invited_at = timezone.now() - timedelta(days=5)
        sealed.invitations.create(organisation=contact.organisation, invited_at=invited_at)
    left.ended_on = timezone.localdate() - timedelta(days=2)
    left.save()
    pass_deadlines(sealed, deposits=True)
    act(browser_of_claire, sealed, "ouvrir")
    state_conflict(tender=sealed, has_conflict=False, text="", acting_user=claire)
    act(browser_of_claire, sealed, "decider", outcome=Outcome.UNSUCCESSFUL, comment="Trop cher.")
    alpha = Contact.objects.get(organisation__name="Alpha")
    texts = {}
    for contact in (alpha, silent, left):
        client.force_login(contact.user)
        texts[contact] = client.get(reverse("tender", args=[sealed.pk])).content.decode()
    assert "Trop cher." in texts[alpha]
    assert "Trop cher." not in texts[silent] + texts[left]
    assert "Offres ouvertes" in texts[silent]
    assert "Offres ouvertes" not in texts[left]
