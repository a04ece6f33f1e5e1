"""The officers' pages of the selection: opening, scoring, deciding, the whole file (T9–T16)."""

import io
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from ilo_cms.tenders.models import AgreedScore, Decision, Deposit, Opening, Outcome, ScoreSheet
from ilo_cms.tenders.scoring import Note, hand_in, save_scores, scored, state_conflict
from tests.factories import ContactFactory, EngagementFactory, OrganisationFactory
from tests.helpers.files import pdf
from tests.helpers.intranet import an_officer, as_
from tests.tenders.drafts import again, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, offer_type


pytestmark = pytest.mark.django_db


@pytest.fixture
def claire(wired):
    return an_officer()


@pytest.fixture
def sealed(claire):
    """A tender of Claire's with two offers, still sealed."""
    officer = claire.officer
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    people = [
        ContactFactory(organisation__name=name, has_access=True) for name in ("Alpha", "Bêta")
    ]
    tender = in_deposit(*people, engagement=engagement, acting_user=claire)
    deposited(tender, people[0], price="4321")
    deposited(tender, people[1], price="5000", pages=2)
    return again(tender)


@pytest.fixture
def browser_of_claire(claire):
    return as_(claire)


def act(client, tender, name, **data):
    address = reverse("tender_act", args=[tender.pk, name])
    return client.post(address, {"seen": again(tender).revision} | data)


def page(client, tender):
    return client.get(reverse("tender_page", args=[tender.pk])).content.decode()


def notes(tender, *values, **more):
    offers, criteria = scored(tender)
    return more | {
        f"note-{offer.pk}-{criterion.pk}": value
        for offer, value in zip(offers, values, strict=True)
        for criterion in criteria
    }


def test_before_the_opening_no_page_of_the_selection_names_an_offer(browser_of_claire, sealed):
    for name in ("interets", "notes", "notes-arretees", "decider", "offre-hors-plateforme"):
        answer = act(browser_of_claire, sealed, name, outcome="retenue", comment="x")
        said = answer.content.decode()
        assert answer.status_code in {403, 409, 422}
        assert "4321" not in said
        assert "Alpha –" not in said
    assert act(browser_of_claire, sealed, "ouvrir").status_code == 422
    address = reverse("tender_opening", args=[sealed.pk])
    assert browser_of_claire.get(address).status_code == 404
    archive = browser_of_claire.get(reverse("tender_archive", args=[sealed.pk]))
    members = zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
    assert not [name for name in members if "offre" in name]
    assert "4321" not in page(browser_of_claire, sealed)


def test_an_officer_opens_scores_and_decides(browser_of_claire, claire, sealed):
    pass_deadlines(sealed, deposits=True)
    assert act(browser_of_claire, sealed, "ouvrir").status_code == 302
    assert Opening.objects.get().by == claire
    assert "4321,00" in page(browser_of_claire, sealed).replace("\u202f", "").replace("\xa0", "")
    act(browser_of_claire, sealed, "interets", has_conflict="non")
    first = act(browser_of_claire, sealed, "notes", **notes(sealed, "8,5", "6"))
    assert first.status_code == 302
    assert ScoreSheet.objects.get().handed_in_at is None
    act(browser_of_claire, sealed, "notes", **notes(sealed, "8,5", "6", is_final="on"))
    assert ScoreSheet.objects.get().handed_in_at
    form = browser_of_claire.get(reverse("tender_act", args=[sealed.pk, "notes-arretees"]))
    assert "8,50" in form.content.decode()
    act(browser_of_claire, sealed, "notes-arretees", **notes(sealed, "8,5", "6"))
    assert AgreedScore.objects.count() == 4
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


def test_the_record_and_the_whole_file_leave_after_the_opening(browser_of_claire, sealed):
    pass_deadlines(sealed, deposits=True)
    act(browser_of_claire, sealed, "ouvrir")
    record = browser_of_claire.get(reverse("tender_opening", args=[sealed.pk]))
    assert record.content.startswith(b"%PDF")
    answer = browser_of_claire.get(reverse("tender_archive", args=[sealed.pk]))
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    names = archive.namelist()
    assert "5 ouverture.pdf" in names
    assert any("Alpha" in name and name.endswith(".pdf") for name in names)
    index = archive.read("index.txt").decode("utf-8-sig")
    assert all(name in index for name in names if name != "index.txt")


def scores(tender):
    offers, criteria = scored(tender)
    return {(offer.pk, each.pk): Note(Decimal(5)) for offer in offers for each in criteria}


def test_an_offer_from_outside_is_entered_after_the_opening_and_marked(
    browser_of_claire, claire, sealed
):
    pass_deadlines(sealed, deposits=True)
    act(browser_of_claire, sealed, "ouvrir")
    outside = OrganisationFactory(name="Gamma", siren="000000307")
    data = {
        "key": "6f1c1c5e-0000-4000-8000-000000000001",
        "siren": outside.siren,
        "channel": "courriel",
        "received_on": f"{timezone.localdate() - timedelta(days=1):%Y-%m-%d}",
        "price": "3 900,50",
        "days": "5",
        "file_type": offer_type().pk,
    }
    late = data | {"received_on": f"{timezone.localdate() + timedelta(days=1):%Y-%m-%d}"}
    for given, status in ((late, 422), (data, 302), (data, 302)):
        file = SimpleUploadedFile("offre.pdf", pdf(pages=3), "application/pdf")
        answer = act(browser_of_claire, sealed, "offre-hors-plateforme", **given, file=file)
        assert answer.status_code == status, answer.content.decode()
    state_conflict(tender=sealed, has_conflict=False, text="", acting_user=claire)
    save_scores(tender=sealed, notes=scores(sealed), acting_user=claire)
    hand_in(tender=sealed, acting_user=claire)
    other = OrganisationFactory(name="Delta", siren="000000315")
    file = SimpleUploadedFile("offre.pdf", pdf(pages=4), "application/pdf")
    given = data | {"siren": other.siren, "key": "6f1c1c5e-0000-4000-8000-000000000002"}
    answer = act(browser_of_claire, sealed, "offre-hors-plateforme", **given, file=file)
    assert "trop tard" in answer.content.decode()
    row = Deposit.objects.get(channel="courriel")
    assert row.content["price"] == "3900.50"
    assert "reçue par courriel" in page(browser_of_claire, sealed)


def test_officers_of_other_operators_reach_none_of_it(wired, sealed):
    other = as_(an_officer())
    for name in ("tender_page", "tender_opening", "tender_archive"):
        assert other.get(reverse(name, args=[sealed.pk])).status_code == 404
    for name in ("ouvrir", "notes", "decider"):
        assert act(other, sealed, name).status_code == 404
