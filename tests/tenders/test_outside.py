"""Offers that came by mail or post: whose they are, who holds them, who reads them (T8, T11)."""

import io
import zipfile
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from ilo_cms.documents import uploads
from ilo_cms.documents.models import Document
from ilo_cms.engagements.models import Assignment
from ilo_cms.tenders.comparison import comparison
from ilo_cms.tenders.decisions import decide
from ilo_cms.tenders.models import Channel, Deposit, Letter, Offer, Outcome
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.outside import enter_outside_offer
from ilo_cms.tenders.phases import moment
from ilo_cms.tenders.receipts import receipt_text
from ilo_cms.tenders.results import result_for
from ilo_cms.tenders.scoring import Note, agree_scores, hand_in, save_scores, scored, state_conflict
from tests.factories import (
    ContactFactory,
    DocumentTypeFactory,
    EngagementFactory,
    EstablishmentFactory,
    OrganisationFactory,
)
from tests.helpers.files import pdf
from tests.helpers.intranet import as_
from tests.tenders.drafts import again, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, offer_type, standing
from tests.tenders.test_selection_pages import act, archive_of, received, slot


pytestmark = pytest.mark.django_db


@pytest.fixture
def cooperators():
    """Two cooperators of a CAE, whose contacts share its only establishment."""
    cae = OrganisationFactory(cae=True, name="Coop Alpha")
    place = EstablishmentFactory(organisation=cae)
    return [ContactFactory(organisation=cae, establishment=place) for _ in range(2)]


@pytest.fixture
def opened(claire, cooperators):
    """A tender sent to the CAE, of which one cooperator deposited, opened by Claire."""
    officer = claire.officer
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    tender = in_deposit(cooperators[0], engagement=engagement, acting_user=claire)
    deposited(tender, cooperators[0])
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=claire)
    return again(tender)


def a_file(pages=3):
    return ContentFile(pdf(pages=pages), name="offre.pdf")


def test_who_was_not_asked_is_not_counted_among_those_who_were(opened, claire):
    client = as_(claire)
    address = reverse("tender_page", args=[opened.pk])
    assert "Structures sollicitées (1)<" in client.get(address).text
    enter(opened, claire, EstablishmentFactory().organisation)
    assert "Structures sollicitées (1), et 1 hors plateforme<" in client.get(address).text


def enter(tender, person, organisation, **values):
    """Enter an offer of an organisation as an officer does."""
    said = {
        "key": uuid4(),
        "siren": organisation.siren,
        "channel": Channel.MAIL,
        "received_at": (tender.deposit_deadline or timezone.now()) - timedelta(minutes=1),
        "price": Decimal("3900.50"),
        "days": Decimal(5),
        "message": "",
        "establishment": organisation.establishments.first(),
        "files": [(offer_type(), a_file())],
    }
    return enter_outside_offer(tender=tender, acting_user=person, **said | values)


def refusal_of(field, *args, **values):
    with pytest.raises(ValidationError) as refusal:
        enter(*args, **values)
    return refusal.value.message_dict[field]


def test_an_offer_of_a_cooperator_is_theirs_alone(opened, claire, cooperators):
    anna, leo = cooperators
    deposit = enter(opened, claire, leo.organisation, cooperator=leo)
    document = deposit.documents.get()
    assert deposit.offer.cooperator == leo
    assert list(Offer.objects.known_to(leo)) == [deposit.offer]
    assert deposit.offer not in Offer.objects.known_to(anna)
    for person, reads in ((leo, True), (anna, False)):
        assert (document in Document.objects.visible_to(person.user, person)) == reads
    assert document in Document.objects.visible_to(claire)


def test_in_a_cae_an_offer_is_of_one_of_its_current_cooperators(opened, claire, cooperators):
    anna, leo = cooperators
    left = ContactFactory(organisation=leo.organisation, former=True)
    for other in (None, left, ContactFactory()):
        said = refusal_of("cooperator", opened, claire, leo.organisation, cooperator=other)
        assert "coopérateur·rice" in said[0]
    said = refusal_of("siren", opened, claire, anna.organisation, cooperator=anna)
    assert said == [f"{anna.user} a déjà déposé une offre."]
    assert Deposit.objects.count() == 1


def test_elsewhere_an_offer_is_of_the_whole_structure(opened, claire):
    contact = ContactFactory()
    said = refusal_of("cooperator", opened, claire, contact.organisation, cooperator=contact)
    assert "une seule offre" in said[0]
    assert enter(opened, claire, contact.organisation).offer.cooperator is None


def test_no_offer_arrived_before_the_call_left(opened, claire):
    early = opened.published_at - timedelta(minutes=1)
    organisation = ContactFactory().organisation
    said = refusal_of("received_at", opened, claire, organisation, received_at=early)
    assert "vérifiez la date" in said[0]


def test_whose_offers_they_are_was_said_when_the_tender_was_sent(opened, claire, cooperators):
    leo = cooperators[1]
    leo.organisation.is_cae = False
    leo.organisation.save()
    refusal_of("cooperator", opened, claire, leo.organisation)
    assert "cooperator" in fields_asked(as_(claire), opened, leo.organisation.siren)[0]
    assert enter(opened, claire, leo.organisation, cooperator=leo).offer.cooperator == leo


def test_a_cae_that_was_not_invited_has_offers_of_its_cooperators_too(opened, claire):
    anna, leo = (ContactFactory(organisation=cae) for cae in [OrganisationFactory(cae=True)] * 2)
    refusal_of("cooperator", opened, claire, anna.organisation)
    assert "cooperator" in fields_asked(as_(claire), opened, anna.organisation.siren)[0]
    rows = [enter(opened, claire, each.organisation, cooperator=each) for each in (anna, leo)]
    assert [row.offer.cooperator for row in rows] == [anna, leo]


def test_the_holder_is_chosen_where_there_are_several_and_known_where_there_is_one(opened, claire):
    one, several, none = (OrganisationFactory() for _ in range(3))
    only = EstablishmentFactory(organisation=one)
    EstablishmentFactory(organisation=one, closed=True)
    first, second = (EstablishmentFactory(organisation=several) for _ in range(2))
    closed = EstablishmentFactory(organisation=several, closed=True)
    content = enter(opened, claire, one, establishment=None).content
    assert (content["establishment"], content["siret"]) == (str(only.pk), only.siret)
    for place in (None, only, closed):
        said = refusal_of("establishment", opened, claire, several, establishment=place)
        assert said == ["Choisissez l’établissement titulaire."]
    content = enter(opened, claire, several, establishment=second).content
    assert (content["establishment"], content["place"]) == (str(second.pk), str(second))
    assert first.name not in content["place"]
    assert enter(opened, claire, none).content["establishment"] == ""


def test_the_assignment_is_of_the_cooperator_and_the_holder_of_the_offer(
    opened, claire, cooperators
):
    anna, leo = cooperators
    place = EstablishmentFactory(organisation=leo.organisation)
    row = enter(opened, claire, leo.organisation, cooperator=leo, establishment=place)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=claire)
    offers, criteria = scored(opened)
    notes = {(standing(offer), each.pk): Note(Decimal(5)) for offer in offers for each in criteria}
    save_scores(tender=opened, notes=notes, acting_user=claire)
    hand_in(tender=opened, acting_user=claire)
    agree_scores(tender=opened, notes=notes, acting_user=claire)
    decision = decide(
        tender=opened,
        outcome=Outcome.RETAINED,
        offer=row.offer,
        comment="La plus adaptée.",
        reasons={offer: "Moins précise" for offer in offers if offer != row.offer},
        seen=again(opened).revision,
        acting_user=claire,
    )
    assignment = Assignment.objects.get(pk=decision.assignment_id)
    assert (assignment.provider, assignment.contact) == (leo.organisation, leo)
    assert (assignment.establishment, assignment.amount) == (place, Decimal("3900.50"))
    for person, is_retained in ((leo, True), (anna, False)):
        assert [own.is_retained for own in result_for(person, again(opened)).offers] == [
            is_retained
        ]
        letters = Letter.objects.known_to(person)
        assert [each.offer.cooperator for each in letters] == [person]
        assert f"{person.user} (Coop Alpha)" in letters[0].body
    names = archive_of(as_(claire), opened)
    assert {f"10 courrier {person.user}.txt" for person in (anna, leo)} <= {*names}


def test_the_whole_file_and_the_receipt_tell_how_and_when_it_had_arrived(opened, claire):
    deposit = enter(opened, claire, ContactFactory().organisation)
    organisation = deposit.offer.invitation.organisation
    members = archive_of(as_(claire), opened)
    arrived = f"Reçue par courriel : {moment(opened.deposit_deadline - timedelta(minutes=1))}"
    assert arrived in members[f"6 offre {organisation} - contenu.txt"]
    lines = members["2 sollicitations.txt"].splitlines()
    assert [str(organisation) in line for line in lines if "hors plateforme" in line] == [True]
    assert arrived in receipt_text(deposit)


def fields_asked(client, tender, siren=None):
    """The fields that the officer sees, and the page."""
    address = reverse("tender_act", args=[tender.pk, "offre-hors-plateforme"])
    answer = client.get(address, {"siren": siren} if siren else {})
    names = [field.name for field in answer.context["form"].visible_fields()]
    return names, answer.content.decode()


def test_the_form_asks_first_whose_offer_it_is_and_then_what_that_structure_needs(
    opened, claire, cooperators
):
    browser, leo = as_(claire), cooperators[1]
    offer_type()
    names, text = fields_asked(browser, opened)
    assert (names, "Continuer" in text) == (["siren"], True)
    for unknown, sentence in (
        ("999999907", "Aucune structure active"),
        ("12", "neuf chiffres"),
        ("\x00", "caractère nul"),
    ):
        names, text = fields_asked(browser, opened, unknown)
        assert names == ["siren"]
        assert sentence in text
    names, text = fields_asked(
        browser, opened, f" {leo.organisation.siren[:3]} {leo.organisation.siren[3:]}"
    )
    assert "cooperator" in names
    assert "siren" not in names
    assert "Coop Alpha" in text
    assert str(leo.user) in text
    assert {name for name in names if name.startswith("file-")} == {f"file-{offer_type().pk}"}
    plain = EstablishmentFactory().organisation
    names, _ = fields_asked(browser, opened, plain.siren)
    assert not {"cooperator", "establishment"} & {*names}
    EstablishmentFactory(organisation=plain)
    assert "establishment" in fields_asked(browser, opened, plain.siren)[0]


def test_the_form_says_at_once_who_may_not_be_entered(opened, claire):
    browser = as_(claire)
    address = reverse("tender_act", args=[opened.pk, "offre-hors-plateforme"])
    assert "Champ requis." in browser.get(address, {"siren": ""}).content.decode()
    beneficiary = opened.engagement.beneficiary
    names, text = fields_asked(browser, opened, beneficiary.siren)
    assert names == ["siren"]
    assert "est la bénéficiaire" in text


def test_once_a_sheet_is_handed_in_no_offer_is_entered_and_the_page_offers_none(opened, claire):
    browser, page = as_(claire), reverse("tender_page", args=[opened.pk])
    address = reverse("tender_act", args=[opened.pk, "offre-hors-plateforme"])
    assert address in browser.get(page).text
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=claire)
    offers, criteria = scored(opened)
    notes = {(standing(offer), each.pk): Note(Decimal(7)) for offer in offers for each in criteria}
    save_scores(tender=opened, notes=notes, acting_user=claire)
    hand_in(tender=opened, acting_user=claire)
    assert address not in browser.get(page).text
    assert browser.get(address, {"siren": OrganisationFactory().siren}).status_code == 302
    data = outside_data(opened, EstablishmentFactory().organisation) | slot(a_file())
    answer = act(browser, opened, "offre-hors-plateforme", **data)
    assert "trop tard pour saisir" in answer.context["form"].non_field_errors()[0]


def test_an_officer_enters_the_offer_of_a_cooperator(opened, claire, cooperators):
    browser, leo = as_(claire), cooperators[1]
    places = [leo.establishment, EstablishmentFactory(organisation=leo.organisation)]
    data = {
        "key": uuid4(),
        "siren": leo.organisation.siren,
        "channel": "courriel",
        **received(opened.deposit_deadline - timedelta(minutes=1)),
        "price": "3 900,50",
        "days": "5",
    }
    chosen = {"cooperator": leo.pk, "establishment": places[1].pk}
    for given, status in ((data, 422), (data | chosen, 302)):
        file = SimpleUploadedFile("offre.pdf", pdf(pages=3), "application/pdf")
        answer = act(browser, opened, "offre-hors-plateforme", **given, **slot(file))
        assert answer.status_code == status, answer.content.decode()
    deposit = Deposit.objects.get(channel="courriel")
    assert deposit.offer.cooperator == leo
    assert deposit.content["establishment"] == str(places[1].pk)
    page = browser.get(reverse("tender_page", args=[opened.pk])).content.decode()
    assert f"{leo.user} (Coop Alpha)" in " ".join(page.split())


def test_an_offer_has_a_file_of_each_type_and_the_comparison_says_what_it_lacks(opened, claire):
    """T11: what arrived is entered, with its files; nothing is refused for what it lacks."""
    price, references = (DocumentTypeFactory(code=code) for code in ("price", "references"))
    opened.required_types.set([price, references])
    organisation = ContactFactory().organisation
    files = [(offer_type(), a_file()), (price, a_file(pages=4))]
    row = enter(opened, claire, organisation, files=files)
    assert {each.type for each in row.documents.all()} == {offer_type(), price}
    assert [each["type"] for each in row.content["files"]] == [str(offer_type()), str(price)]
    lines, _ = comparison(opened, claire)
    line = next(each for each in lines if each.deposit == row)
    assert line.warnings == [f"Le document exigé « {references} » manque."]
    archive = as_(claire).get(reverse("tender_archive", args=[opened.pk]))
    names = zipfile.ZipFile(io.BytesIO(b"".join(archive))).namelist()
    assert len({name for name in names if f"{organisation} - offre" in name}) == 2
    assert len(names) == len({*names})


def test_an_offer_has_several_files_of_one_type(opened, claire):
    organisation = EstablishmentFactory().organisation
    data = outside_data(opened, organisation)
    sent = slot([a_file(), a_file(pages=4)])
    assert act(as_(claire), opened, "offre-hors-plateforme", **data, **sent).status_code == 302
    row = Deposit.objects.get(offer__invitation__organisation=organisation)
    assert row.documents.count() == len(row.content["files"]) == 2
    twice = [(offer_type(), a_file()), (offer_type(), a_file())]
    again_there = enter(opened, claire, EstablishmentFactory().organisation, files=twice)
    assert again_there.documents.count() == 1
    empty = slot([a_file(), ContentFile(b"", name="vide.pdf")])
    data = outside_data(opened, EstablishmentFactory().organisation)
    assert (
        "« vide.pdf » :" in act(as_(claire), opened, "offre-hors-plateforme", **data, **empty).text
    )
    with pytest.raises(ValidationError, match="20 fichiers au plus"):
        enter(opened, claire, ContactFactory().organisation, files=[(offer_type(), a_file())] * 21)


def test_an_offer_without_a_file_or_with_a_wrong_one_is_refused_whole(opened, claire):
    organisation = ContactFactory().organisation
    with pytest.raises(ValidationError, match="au moins un fichier"):
        enter(opened, claire, organisation, files=[])
    other = DocumentTypeFactory(code="references", label="Références")
    wrong = [(offer_type(), a_file()), (other, ContentFile(b"<html>", name="refs.pdf"))]
    with pytest.raises(ValidationError, match="Références, « refs.pdf » : "):
        enter(opened, claire, organisation, files=wrong)
    assert not Deposit.objects.filter(offer__invitation__organisation=organisation).exists()
    types = {f"file-{offer_type().pk}", f"file-{other.pk}"}
    assert types <= {*fields_asked(as_(claire), opened, organisation.siren)[0]}


def outside_data(tender, organisation):
    return {
        "key": uuid4(),
        "siren": organisation.siren,
        "channel": "courriel",
        **received(tender.deposit_deadline - timedelta(minutes=1)),
        "price": "3900",
        "days": "5",
    }


def test_a_form_shown_again_enters_nothing_else(opened, claire):
    """The same twice is one offer; changed since, it is not said to be entered."""
    key, organisation = uuid4(), EstablishmentFactory().organisation
    first = enter(opened, claire, organisation, key=key)
    assert enter(opened, claire, organisation, key=key) == first
    other = EstablishmentFactory().organisation
    for whose, changed in (
        (organisation, {"price": Decimal(1)}),
        (organisation, {"channel": Channel.POST}),
        (organisation, {"files": [(offer_type(), a_file(pages=7))]}),
        (other, {}),
    ):
        with pytest.raises(ValidationError, match="rechargez-la"):
            enter(opened, claire, whose, key=key, **changed)


def test_a_file_of_a_type_that_was_closed_meanwhile_is_not_left_out_unsaid(opened, claire):
    gone = DocumentTypeFactory(code="references")
    data = outside_data(opened, EstablishmentFactory().organisation)
    sent = {**slot(a_file()), f"file-{gone.pk}": a_file(pages=4)}
    gone.is_active = False
    gone.save()
    answer = act(as_(claire), opened, "offre-hors-plateforme", **data, **sent)
    assert answer.status_code == 422 and "n’est plus proposé" in answer.text
    assert not Deposit.objects.filter(channel=Channel.MAIL).exists()


def test_files_too_large_together_are_refused_and_not_the_last_ones_lost(
    opened, claire, monkeypatch
):
    """The upload stops at the limit: the files before it are no whole offer."""
    other = DocumentTypeFactory(code="references")
    data = outside_data(opened, EstablishmentFactory().organisation)
    sent = {**slot(a_file()), f"file-{other.pk}": ContentFile(bytes(200_000), name="refs.pdf")}
    monkeypatch.setattr(uploads, "MEGABYTE", 1000)
    answer = act(as_(claire), opened, "offre-hors-plateforme", **data, **sent)
    assert answer.status_code == 422 and "joignez à ce formulaire dépasse" in answer.text
    assert not Deposit.objects.filter(channel=Channel.MAIL).exists()
