"""The pages of the invited: what they say is possible, what they let do (SPEC T1–T10, E5)."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pypdf import PdfReader

from ilo_cms.tenders.deposits import deposit, withdraw
from ilo_cms.tenders.models import (
    Deposit,
    DepositKind,
    Invitation,
    LateAttempt,
    Offer,
    Participation,
    Question,
    Tender,
)
from ilo_cms.tenders.phases import moment
from ilo_cms.tenders.receipts import content_lines
from tests.factories import (
    ContactFactory,
    DocumentTypeFactory,
    EstablishmentFactory,
    OrganisationFactory,
)
from tests.helpers.amounts import says
from tests.helpers.files import pdf
from tests.tenders.drafts import a_sent_tender, accept, again, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, offer_type, place_of, read, ready


pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, marina):
    client.force_login(marina.user)
    return client


def sent(marina, **values):
    """A posted form, with the capacity in which it was opened."""
    return {"acting_as": str(marina.pk), **values}


def typed(marina, tender, **values):
    """What a person types into a complete offer."""
    place = EstablishmentFactory(organisation=marina.organisation)
    said = {"key": str(uuid4()), "price": "1 250,50 €", "days": "2,5", "message": "Bonjour"}
    return sent(marina, **said | {"establishment": str(place.pk), "act": "deposit"} | values)


def url(name, row):
    return reverse(name, args=[row.pk])


def with_file(browser, marina, tender, **headers):
    """Send one file into the draft."""
    offer_type()
    file = SimpleUploadedFile("offre.pdf", pdf(), "application/pdf")
    data = sent(marina, type="offre-intervention", file=file)
    return browser.post(url("tender_offer_file", tender), data, headers=headers)


def test_the_page_says_what_is_possible_now_to_the_second(browser, marina):
    tender = a_sent_tender(marina.organisation)
    text = browser.get(url("tender", tender)).content.decode()
    assert f"accepter ou décliner jusqu’au {moment(tender.participation_deadline)}" in text
    assert "CET" in text or "CEST" in text
    accept(tender)
    tender = pass_deadlines(tender)
    text = browser.get(url("tender", tender)).content.decode()
    assert f"Vous pouvez déposer votre offre jusqu’au {moment(tender.deposit_deadline)}." in text
    tender = pass_deadlines(tender, deposits=True)
    text = browser.get(url("tender", tender)).content.decode()
    assert f"Le dépôt a fermé le {moment(tender.deposit_deadline)}" in text


def test_an_organisation_declines_with_a_reason_then_changes_its_mind(browser, marina):
    tender = a_sent_tender(marina.organisation)
    page = url("tender", tender)
    assert browser.post(page, sent(marina, act="decline", reason=" ")).status_code == 422
    assert browser.post(page, sent(marina, act="decline", reason="Complet")).status_code == 302
    row = Invitation.objects.get(tender=tender)
    assert (row.participation, row.decline_reason) == (Participation.DECLINED, "Complet")
    assert browser.post(page, sent(marina, act="accept")).status_code == 302
    assert Invitation.objects.get(tender=tender).participation == Participation.ACCEPTED
    pass_deadlines(tender)
    refused = browser.post(page, sent(marina, act="decline", reason="Trop tard"))
    assert refused.status_code == 409
    assert "étaient attendues jusqu’au" in refused.content.decode()


def test_colleagues_see_who_takes_it_on(browser, marina, client):
    tender = a_sent_tender(marina.organisation)
    assert browser.post(url("tender", tender), sent(marina, act="take_on")).status_code == 302
    paul = ContactFactory(organisation=marina.organisation)
    client.force_login(paul.user)
    assert (
        f"{marina.user}</strong> s’en occupe" in client.get(url("tender", tender)).content.decode()
    )


def test_a_question_is_asked_and_its_asker_unnamed(browser, marina, client):
    paul = ContactFactory()
    tender = a_sent_tender(marina.organisation, paul.organisation)
    page = url("tender", tender)
    assert browser.post(page, sent(marina, act="ask", text="Où ?")).status_code == 302
    client.force_login(paul.user)
    assert "Où ?" not in client.get(page).content.decode()
    Question.objects.update(answer="À Lyon", answered_at=tender.published_at)
    Question.objects.update(asked_at=tender.published_at)
    text = client.get(page).content.decode()
    assert "À Lyon" in text
    assert marina.organisation.name not in text
    assert str(marina.user) not in text


def test_a_price_with_a_comma_and_a_file_make_a_deposit_with_its_receipt(browser, marina):
    tender = in_deposit(marina)
    answer = with_file(browser, marina, tender, **{"X-Requested-With": "upload"})
    assert answer.status_code == 200
    assert "offre.pdf" in answer.json()["html"]
    response = browser.post(url("tender_offer", tender), typed(marina, tender))
    row = Deposit.objects.get()
    assert response.url == url("deposit_receipt", row)
    assert (row.content["price"], row.content["days"]) == ("1250.50", "2.50")
    text = browser.get(response.url).content.decode()
    assert row.digest in text
    assert row.content["files"][0]["digest"] in text
    paper = browser.get(url("deposit_receipt_pdf", row))
    assert paper["Content-Type"] == "application/pdf"


def test_the_receipt_on_paper_holds_what_the_page_says(marina, tmp_path):
    from ilo_cms.tenders.receipts import receipt_pdf

    row = deposited(in_deposit(marina), marina).deposits.get()
    path = tmp_path / "recu.pdf"
    path.write_bytes(receipt_pdf(row))
    text = "".join(page.extract_text() for page in PdfReader(path).pages)
    assert row.digest in "".join(text.split())
    assert "4 200,50 €" in " ".join(text.split())


def test_a_double_click_deposits_once(browser, marina):
    tender = in_deposit(marina)
    with_file(browser, marina, tender)
    data = typed(marina, tender)
    first, second = (browser.post(url("tender_offer", tender), data) for _ in range(2))
    assert first.url == second.url
    assert Deposit.objects.count() == 1


def test_a_page_used_before_a_withdrawal_says_so_and_then_serves_again(browser, marina):
    tender = in_deposit(marina)
    with_file(browser, marina, tender)
    said, page = typed(marina, tender), url("tender_offer", tender)
    browser.post(page, said)
    row = Deposit.objects.get()
    browser.post(url("offer_withdraw", row.offer), sent(marina, key=str(uuid4())))
    refused = browser.post(page, said)
    assert refused.status_code == 409
    assert "a déjà servi" in refused.content.decode()
    said["key"] = refused.context["form"]["key"].value()
    assert browser.post(page, said).status_code == 302
    assert Deposit.objects.standing().get().number == 3


def test_nothing_typed_is_lost_when_something_is_missing(browser, marina):
    tender = in_deposit(marina)
    page = url("tender_offer", tender)
    response = browser.post(page, typed(marina, tender))
    assert response.status_code == 422
    text = response.content.decode()
    assert "Joignez au moins un document." in text
    assert "1 250,50" in text
    assert "1250,50" in browser.get(page).content.decode()  # kept as a draft
    assert not Deposit.objects.exists()


@pytest.mark.parametrize("price", ["0", "0,00", "-5", "douze", "1,234"])
def test_a_price_that_is_none_is_refused_at_its_field(browser, marina, price):
    tender = in_deposit(marina)
    response = browser.post(url("tender_offer", tender), typed(marina, tender, price=price))
    assert response.status_code == 422
    assert response.context["form"].errors["price"]
    assert "<details>" in response.text  # nobody named partners: their lines stay folded
    assert not Deposit.objects.exists()


@pytest.mark.parametrize("line", [{"partner_0_name": "Allié"}, {"partner_0_siren": "12"}])
def test_partners_typed_stay_in_sight_when_something_is_refused(browser, marina, line):
    tender = in_deposit(marina)
    data = typed(marina, tender, price="douze", partner_1_name="", **line)
    assert "<details open>" in browser.post(url("tender_offer", tender), data).text


def test_what_is_true_only_with_or_without_scripts_is_said_there_only(browser, marina):
    tender = in_deposit(marina)
    page = browser.get(url("tender_offer", tender)).text
    assert "<span data-scripted hidden>Chaque fichier est envoyé dès que" in page
    without = page.split("<noscript>", 1)[1].split("</noscript>", 1)[0]
    assert "Enregistrez le brouillon, puis ajoutez chaque fichier par son bouton." in without


def test_one_more_file_of_an_offer_is_called_so(browser, marina):
    tender = in_deposit(marina)
    offer_type()
    assert "Choisir un fichier" in browser.get(url("tender_offer", tender)).text
    ready(tender, marina)
    page = browser.get(url("tender_offer", tender)).text
    assert "Ajouter un autre fichier" in page and "Choisir un autre fichier" not in page


def test_a_draft_is_saved_and_says_that_nothing_is_deposited(browser, marina):
    tender = a_sent_tender(marina.organisation)
    accept(tender)
    page = url("tender_offer", tender)
    data = typed(marina, tender, act="save", partner_0_name="Allié", partner_0_siren="")
    response = browser.post(page, data, follow=True)
    assert "rien n’est encore déposé" in response.content.decode()
    assert Offer.objects.get().partners.get().name == "Allié"
    early = browser.post(page, typed(marina, tender))
    assert early.status_code == 409
    assert "Le dépôt ouvre le" in early.content.decode()


def test_deposit_is_offered_once_it_is_open_and_a_draft_leaves_what_stands(browser, marina):
    tender = a_sent_tender(marina.organisation)
    accept(tender)
    page = url("tender_offer", tender)
    assert 'value="deposit"' not in browser.get(page).content.decode()
    deposited(in_deposit(marina), marina)
    page = url("tender_offer", Tender.objects.exclude(pk=tender.pk).get())
    assert 'value="deposit"' in browser.get(page).content.decode()
    data = sent(marina, act="save", key=str(uuid4()), price="1")
    response = browser.post(page, data, follow=True)
    assert "l’offre déposée ne change pas" in response.content.decode()


def test_what_was_not_confirmed_in_time_is_not_to_be_confirmed_any_more(browser, marina):
    tender = in_deposit(marina)
    deposited(tender, marina)
    Tender.objects.update(requirements=2)
    assert "Lire et confirmer" in browser.get(url("tender", tender)).content.decode()
    pass_deadlines(tender, deposits=True)
    said = browser.get(url("tender", tender)).content.decode()
    assert "Lire et confirmer" not in said
    assert "non confirmée" in said
    assert "à confirmer" not in browser.get(reverse("tenders")).content.decode()


def test_a_provider_reads_until_when_it_may_ask(browser, marina):
    tender = a_sent_tender(marina.organisation)
    until = "Les questions se posent jusqu’au"
    assert until in browser.get(url("tender", tender)).content.decode()
    pass_deadlines(tender, deposits=True)
    assert until not in browser.get(url("tender", tender)).content.decode()


def test_a_late_deposit_is_kept_and_told_even_without_a_draft(browser, marina):
    tender = in_deposit(marina)
    data = typed(marina, tender)
    pass_deadlines(tender, deposits=True)
    page = url("tender_offer", tender)
    responses = [browser.post(page, data, follow=True) for _ in range(2)]
    late = LateAttempt.objects.get()
    for response in responses:
        assert response.redirect_chain[0][0] == url("offer", late.offer)
        assert "Le dépôt a fermé le" in response.content.decode()
    assert not Deposit.objects.exists()


def test_an_eleventh_late_act_is_answered_on_the_same_page_and_not_kept(browser, marina):
    tender = in_deposit(marina)
    offer = deposited(tender, marina)
    data = typed(marina, tender)
    pass_deadlines(tender, deposits=True)
    for _ in range(10):
        withdraw(offer=offer, key=uuid4(), acting_as=marina)
    key = str(uuid4())
    responses = [
        browser.post(url("tender_offer", tender), data, follow=True),
        browser.post(url("offer_withdraw", offer), sent(marina, key=key), follow=True),
    ]
    for response in responses:
        assert response.redirect_chain[0][0] == url("offer", offer)
        assert "celle-ci ne l’est pas" in response.content.decode()
    assert offer.late_attempts.count() == 10


def test_an_offer_is_withdrawn_and_confirmed_from_its_page(browser, marina):
    tender = in_deposit(marina)
    offer = deposited(tender, marina)
    text = browser.get(url("offer", offer)).content.decode()
    assert "4 200,50 €" in " ".join(text.split())
    assert "Confirmer mon offre" not in text
    Tender.objects.filter(pk=tender.pk).update(requirements=2)
    assert "Confirmer mon offre" in browser.get(url("offer", offer)).content.decode()
    assert "à confirmer" in browser.get(reverse("home")).content.decode()
    key = str(uuid4())
    browser.post(url("offer_confirm", offer), sent(marina, key=key))
    browser.post(url("offer_withdraw", offer), sent(marina, key=str(uuid4())))
    kinds = list(offer.deposits.values_list("kind", flat=True))
    assert kinds == [DepositKind.DEPOSITED, DepositKind.CONFIRMED, DepositKind.WITHDRAWN]
    assert browser.post(url("offer_withdraw", offer), sent(marina, key="x")).status_code == 422


def test_a_file_is_taken_out_of_the_draft(browser, marina):
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    file = offer.files.get()
    page = url("tender_offer_file_remove", tender)
    assert browser.post(page, sent(marina, file=str(file.pk))).status_code == 302
    assert browser.post(page, sent(marina, file=str(file.pk))).status_code == 422
    assert not read(offer).files.filter(removed_at=None).exists()


def test_to_the_script_a_file_taken_out_is_answered_by_its_slot(browser, marina):
    tender = in_deposit(marina)
    file = ready(tender, marina).files.get()
    page, code = url("tender_offer_file_remove", tender), file.document.type.code
    said = sent(marina, file=str(file.pk), type=code)
    first = browser.post(page, said, headers={"X-Requested-With": "upload"})
    assert first.status_code == 200
    assert first.json()["said"] == f"« {file.document.name} » est retiré du brouillon."
    assert "Aucun fichier" in first.json()["html"]
    assert "Joignez au moins un document." in first.json()["summary"]
    second = browser.post(page, said, headers={"X-Requested-With": "upload"})
    assert second.status_code == 422
    assert "Ce fichier n’est plus dans le brouillon." in second.json()["html"]


def test_the_price_of_one_is_on_no_page_of_another(browser, marina, client):
    paul = ContactFactory()
    tender = in_deposit(marina, paul)
    offer = deposited(tender, marina, price="7777.77", name="canari.pdf")
    client.force_login(paul.user)
    row = offer.deposits.get()
    for name, found in (("offer", offer), ("deposit_receipt", row), ("deposit_receipt_pdf", row)):
        assert client.get(url(name, found)).status_code == 404
    pages = [reverse("home"), reverse("tenders"), reverse("notifications")]
    pages += [url("tender", tender), url("tender_offer", tender)]
    for page in pages:
        text = client.get(page).content.decode()
        assert not says(text, "7777.77")
        for word in ("canari", marina.organisation.name):
            assert word not in text
    client.force_login(marina.user)
    assert says(client.get(url("tender_offer", tender)).content.decode(), "7777.77")


def test_a_cooperator_reads_neither_the_draft_nor_the_receipt_of_another(client):
    cae = OrganisationFactory(is_cae=True)
    anna, leo = (ContactFactory(organisation=cae) for _ in range(2))
    tender = in_deposit(anna)
    offer = deposited(tender, anna, price="7777.77")
    client.force_login(leo.user)
    assert client.get(url("offer", offer)).status_code == 404
    for page in (url("tender_offer", tender), url("tender", tender), reverse("home")):
        assert not says(client.get(page).content.decode(), "7777.77")


def test_a_partner_reads_what_is_deposited_and_no_receipt(marina, client):
    partner = ContactFactory()
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    offer.partners.create(name="P", organisation=partner.organisation, can_read=True)
    row = deposit(offer=offer, key=uuid4(), acting_as=marina)
    client.force_login(partner.user)
    text = client.get(url("offer", offer)).content.decode()
    assert "4 200,50 €" in " ".join(text.split())
    assert "Retirer mon offre" not in text
    assert client.get(url("deposit_receipt", row)).status_code == 404
    assert client.get(url("tender", tender)).status_code == 200
    assert "Lire l’offre" in client.get(reverse("tenders")).content.decode()


def test_home_says_what_awaits_and_stops_when_it_is_done(browser, marina):
    tender = a_sent_tender(marina.organisation)
    home = reverse("home")
    assert "Répondez à une sollicitation" in browser.get(home).content.decode()
    accept(tender)
    assert not browser.get(home).context["tender_todos"]
    pass_deadlines(tender)
    assert "Déposez votre offre" in browser.get(home).content.decode()
    deposited(again(tender), marina)
    assert not browser.get(home).context["tender_todos"]


@pytest.mark.parametrize("accepted", [False, True])
def test_an_inactive_organisation_reads_that_nothing_can_be_done(browser, marina, accepted):
    tender = in_deposit(marina) if accepted else a_sent_tender(marina.organisation)
    marina.organisation.is_active = False
    marina.organisation.save()
    text = browser.get(reverse("tender", args=[tender.pk])).text
    assert "Votre structure est inactive : elle ne peut ni répondre, ni déposer d’offre." in text
    assert "Vous pouvez" not in text
    assert text.count("Écrivez à votre référent·e") == 1
    home = browser.get("/").text
    assert "Répondez à une sollicitation" not in home and "Déposez votre offre" not in home


@pytest.mark.parametrize("code", ["statuts", "inconnu", "\x00"])
def test_a_type_that_no_offer_takes_is_refused_in_words(browser, marina, code):
    DocumentTypeFactory(code="statuts")
    tender = in_deposit(marina)
    file = SimpleUploadedFile("offre.pdf", pdf(), "application/pdf")
    response = browser.post(url("tender_offer_file", tender), sent(marina, type=code, file=file))
    assert response.status_code == 422
    assert "Ce type de document n’est plus demandé." in response.content.decode()
    assert not Offer.objects.exists()


def test_a_file_and_a_deposit_ask_few_things(browser, marina, django_assert_max_num_queries):
    """A rush is as fast as one act is short (decision 0018): more than this is for a new rule."""
    tender = in_deposit(marina)
    with_file(browser, marina, tender)  # a first request looks up more
    file = SimpleUploadedFile("autre.pdf", pdf(pages=2), "application/pdf")
    piece = sent(marina, type="offre-intervention", file=file)
    with django_assert_max_num_queries(20):
        browser.post(url("tender_offer_file", tender), piece)
    said = typed(marina, tender)
    with django_assert_max_num_queries(34):
        browser.post(url("tender_offer", tender), said)
    again = said | {"key": str(uuid4()), "price": "1 300"}
    with django_assert_max_num_queries(37):
        browser.post(url("tender_offer", tender), again)
    assert Deposit.objects.standing().get().number == 2
    assert len(Deposit.objects.standing().get().content["files"]) == 2


def test_lists_ask_as_many_questions_for_many_tenders(browser, marina, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def ask(page: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(page).status_code == 200
        return len(asked)

    def many(count: int) -> None:
        for _ in range(count):
            deposited(in_deposit(marina), marina)

    many(2)
    pages = [reverse("tenders"), reverse("home")]
    for page in pages:
        browser.get(page)
    few = [ask(page) for page in pages]
    many(4)
    assert [ask(page) for page in pages] == few


def test_who_left_reads_the_call_and_writes_nothing(client):
    former = ContactFactory()
    tender = in_deposit(former)
    offer = deposited(tender, former)
    type(former).objects.filter(pk=former.pk).update(ended_on=again(tender).published_at.date())
    client.force_login(former.user)
    for name, row in (("offer", offer), ("tender_offer", tender)):
        assert client.get(url(name, row)).status_code == 404
    response = client.post(url("tender", tender), sent(former, act="take_on"))
    assert response.status_code in {403, 404}
    assert place_of(tender, former).taken_by is None


def test_the_only_establishment_is_chosen_already_and_one_of_two_is_not(browser, marina):
    tender = in_deposit(marina)
    page = browser.get(url("tender_offer", tender)).content.decode()
    assert page.count(" selected>") == 1 and 'value="" selected' not in page
    EstablishmentFactory(organisation=marina.organisation)
    assert 'value="" selected' in browser.get(url("tender_offer", tender)).content.decode()


@pytest.mark.parametrize(
    ("price", "days", "said"),
    [("4800.50", "4.50", ["4 800,50 €", "4,5"]), ("10000", "20.00", ["10 000,00 €", "20"])],
)
def test_a_receipt_writes_numbers_as_people_do(price, days, said):
    content = {"price": price, "days": days, "place": "", "message": ""}
    lines = content_lines(content | {"partners": [], "files": []})
    assert [" ".join(value.split()) for _, value in lines[:2]] == said
