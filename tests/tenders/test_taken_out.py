"""An offer that an officer entered wrongly is taken out; a deposited one never is (T11)."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.documents.models import Document
from ilo_cms.tenders.comparison import comparison
from ilo_cms.tenders.deposits import digest_of
from ilo_cms.tenders.diffusion import cancel_tender
from ilo_cms.tenders.files import readers
from ilo_cms.tenders.models import Deposit, DepositKind, Invitation, Offer, Score, ScoreSheet
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.outside import take_out
from ilo_cms.tenders.scoring import Note, save_scores, state_conflict
from tests.factories import ContactFactory, EngagementFactory, EstablishmentFactory
from tests.helpers.intranet import an_administrator, an_officer, as_
from tests.tenders.drafts import again, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, offer_type, standing
from tests.tenders.test_outside import a_file, enter, fields_asked
from tests.tenders.test_selection_pages import act, notes


pytestmark = pytest.mark.django_db


@pytest.fixture
def depositor():
    """Who deposited an offer on the platform."""
    return ContactFactory()


@pytest.fixture
def opened(claire, depositor):
    """A tender with that offer, opened by Claire."""
    officer = claire.officer
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    tender = in_deposit(depositor, engagement=engagement, acting_user=claire)
    deposited(tender, depositor)
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=claire)
    return again(tender)


def read_by(author) -> set[Document]:
    """The files of offers that an author reads."""
    return set(Document.objects.filter(readers(author.user, author)))


def out(offer, officer, **values):
    """Take an offer out as an officer does."""
    said = {"reason": "Mauvaise structure.", "seen": again(offer.invitation.tender).revision}
    return take_out(offer=offer, acting_user=officer, **said | values)


def compared(tender, officer):
    return {line.offer: line for line in comparison(tender, officer)[0]}


def test_an_offer_entered_wrongly_is_taken_out_and_entered_again(opened, claire):
    organisation = EstablishmentFactory().organisation
    author = ContactFactory(organisation=organisation)
    first = enter(opened, claire, organisation)
    assert read_by(author) == set(first.documents.all())
    said = {"price": Decimal(4100), "files": [(offer_type(), a_file(pages=5))]}
    with pytest.raises(ValidationError) as refusal:
        enter(opened, claire, organisation, **said)
    assert "si elle est fausse, retirez-la d’abord" in refusal.value.message_dict["siren"][0]
    act = out(first.offer, claire)
    assert (act.kind, act.number, act.digest) == (DepositKind.WITHDRAWN, 2, digest_of(act))
    assert first.offer not in compared(opened, claire)
    assert read_by(author) == set()
    second = enter(opened, claire, organisation, **said)
    assert (second.offer, second.number) == (first.offer, 3)
    assert Deposit.objects.get(pk=first.pk).content["price"] == "3900.50"
    line = compared(opened, claire)[first.offer]
    assert (line.price, line.deposit.documents.get()) == (Decimal(4100), second.documents.get())
    assert read_by(author) == set(second.documents.all())


def test_who_was_taken_for_another_reads_nothing_of_the_tender(opened, claire, client):
    person = ContactFactory()
    entry = enter(opened, claire, person.organisation, message="Celle d’une autre")
    client.force_login(person.user)
    pages = [reverse("tender", args=[opened.pk]), reverse("offer", args=[entry.offer_id])]
    assert "Celle d’une autre" in client.get(pages[1]).text
    out(entry.offer, claire)
    for page in [*pages, reverse("deposit_receipt", args=[entry.pk])]:
        assert client.get(page).status_code == 404
    assert str(opened) not in client.get(reverse("tenders")).text
    said = as_(claire).get(reverse("tender_page", args=[opened.pk])).text
    assert "et 1 hors plateforme" not in said and str(person.organisation) not in said
    again_there = enter(opened, claire, person.organisation)
    assert client.get(pages[0]).status_code == 200
    receipts = Deposit.objects.known_to(person)
    assert list(receipts) == [again_there]  # neither the entry taken out nor that it was


def test_an_invited_author_keeps_their_place_and_reads_no_entry_that_was_taken_out(
    opened, claire, client
):
    author = ContactFactory()
    place = Invitation.objects.create(
        tender=opened, organisation=author.organisation, invited_at=opened.published_at
    )
    entry = enter(opened, claire, author.organisation, message="Celle d’une autre")
    out(entry.offer, claire)
    client.force_login(author.user)
    assert client.get(reverse("tender", args=[opened.pk])).status_code == 200
    said = client.get(reverse("offer", args=[place.offers.get().pk])).text
    assert "Celle d’une autre" not in said and "Actes et reçus" not in said
    assert not Deposit.objects.known_to(author).exists()


def test_drafts_of_notes_on_an_offer_that_is_taken_out_are_gone(opened, claire, samira):
    entry = enter(opened, claire, EstablishmentFactory().organisation)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=samira)
    stale = notes(opened, "8", "6")
    assert act(as_(samira), opened, "notes", **stale).status_code == 302
    out(entry.offer, claire)
    assert {score.offer for score in Score.objects.all()} == {*compared(opened, claire)}
    again_there = enter(opened, claire, entry.offer.invitation.organisation, price=Decimal(99000))
    answer = act(as_(samira), opened, "notes", **stale | {"is_final": "on"})
    assert answer.status_code == 422
    assert "retirée ou remplacée" in answer.text
    assert not ScoreSheet.objects.exclude(handed_in_at=None).exists()
    assert not Score.objects.filter(offer=again_there.offer).exists()


def test_an_act_that_a_colleague_came_before_is_not_done_unseen(opened, claire, samira):
    seen = again(opened).revision
    entry = enter(opened, claire, EstablishmentFactory().organisation)
    said = {"seen": seen, "outcome": "infructueuse", "comment": "Trop cher."}
    with pytest.raises(ValidationError, match=f"offre hors plateforme, par {claire}"):
        cancel_tender(tender=opened, reason="Abandon.", seen=seen, acting_user=samira)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=samira)
    assert act(as_(samira), opened, "decider", **said).status_code == 409
    seen = again(opened).revision
    out(entry.offer, claire)
    with pytest.raises(ValidationError, match="vient d’être modifiée"):
        out(entry.offer, samira, seen=seen)
    assert Deposit.objects.filter(kind=DepositKind.WITHDRAWN).count() == 1


def test_a_form_that_entered_what_was_taken_out_enters_it_no_more(opened, claire):
    organisation, key = EstablishmentFactory().organisation, uuid4()
    entry = enter(opened, claire, organisation, key=key)
    assert enter(opened, claire, organisation, key=key) == entry  # a double click is one act
    act = out(entry.offer, claire)
    for each in (key, act.key):
        with pytest.raises(ValidationError) as refusal:
            enter(opened, claire, organisation, key=each)
        assert refusal.value.code == "changed"


def test_an_offer_deposited_on_the_platform_is_neither_replaced_nor_taken_out(
    opened, claire, depositor
):
    organisation = depositor.organisation
    with pytest.raises(ValidationError, match="a déjà déposé une offre"):
        enter(opened, claire, organisation)
    with pytest.raises(ValidationError, match="déposée par son auteur"):
        out(Offer.objects.get(), claire)
    names, text = fields_asked(as_(claire), opened, organisation.siren)
    assert (names, "a déjà déposé une offre" in text) == (["siren"], True)
    assert Deposit.objects.count() == 1


def test_the_page_takes_out_only_what_was_entered_and_asks_why(opened, claire, depositor):
    browser, organisation = as_(claire), EstablishmentFactory().organisation
    address = reverse("tender_act", args=[opened.pk, "retirer-offre"])
    assert address not in browser.get(reverse("tender_page", args=[opened.pk])).text
    assert "il n’y a rien à retirer" in browser.get(address, follow=True).text
    entry = enter(opened, claire, organisation)
    assert address in browser.get(reverse("tender_page", args=[opened.pk])).text
    text = browser.get(address).text
    assert "3 900,50 €" in " ".join(text.split()) and str(depositor.organisation) not in text
    said = {"offer": str(entry.offer_id), "reason": " "}
    assert act(browser, opened, "retirer-offre", **said).status_code == 422
    for offer in ("x", str(Offer.objects.exclude(pk=entry.offer_id).get().pk)):
        assert act(browser, opened, "retirer-offre", offer=offer, reason="x").status_code == 422
    said["reason"] = "Mauvais prix."
    assert act(browser, opened, "retirer-offre", **said).status_code == 302
    event = AuditEvent.objects.get(action="offer.taken_out")
    assert event.detail.content["reason"] == "Mauvais prix."


def test_nothing_is_taken_out_once_a_sheet_is_handed_in(opened, claire, samira):
    entry = enter(opened, claire, EstablishmentFactory().organisation)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=samira)
    said = notes(opened, "8", "6") | {"is_final": "on"}
    assert act(as_(samira), opened, "notes", **said).status_code == 302
    with pytest.raises(ValidationError, match="déjà remise"):
        out(entry.offer, claire)


def test_officers_of_others_read_none_of_it_in_the_beneficiary_s_history(opened, claire):
    state_conflict(tender=opened, has_conflict=True, text="Son frère.", acting_user=claire)
    state_conflict(tender=opened, has_conflict=False, text="Une homonyme.", acting_user=claire)
    entry = enter(opened, claire, EstablishmentFactory().organisation)
    out(entry.offer, claire, reason="Motif interne.")
    history = reverse("organisation:history", args=[opened.engagement.beneficiary_id])
    said = ("Motif interne.", "Son frère.", str(entry.offer.author))
    for reader, is_told in ((an_officer(), False), (an_administrator(), True)):
        text = as_(reader).get(history).text
        assert [words in text for words in said] == [is_told] * 3
    own = as_(claire).get(reverse("tender:history", args=[opened.pk])).text
    assert all(words in own for words in said)


def test_notes_given_while_an_offer_was_replaced_are_refused(opened, claire, samira):
    entry = enter(opened, claire, EstablishmentFactory().organisation)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=samira)
    given = {
        (standing(offer), each.pk): Note(Decimal(5))
        for offer in compared(opened, claire)
        for each in opened.criteria.all()
    }
    out(entry.offer, claire)
    enter(opened, claire, entry.offer.invitation.organisation, price=Decimal(99000))
    with pytest.raises(ValidationError, match="n’est plus là"):
        save_scores(tender=opened, notes=given, acting_user=samira)
    assert not Score.objects.exists()


def test_a_partner_named_in_a_draft_does_not_read_what_came_by_another_way(opened, claire):
    author, partner = ContactFactory(), ContactFactory()
    place = Invitation.objects.create(
        tender=opened, organisation=author.organisation, invited_at=opened.published_at
    )
    draft = Offer.objects.create(invitation=place)
    draft.partners.create(name="P", organisation=partner.organisation, can_read=True)
    assert enter(opened, claire, author.organisation).offer == draft
    assert not Offer.objects.known_to(partner).exists()


def test_many_offers_are_compared_in_as_many_queries(opened, claire):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_(claire).get(reverse("tender_page", args=[opened.pk]))
        return len(queries)

    enter(opened, claire, EstablishmentFactory().organisation)
    asked()
    few = asked()
    for _ in range(3):
        enter(opened, claire, EstablishmentFactory().organisation)
    assert asked() == few
