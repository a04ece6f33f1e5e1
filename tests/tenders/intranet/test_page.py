"""The page of a tender: where it stands, its acts and files, who reads it (SPEC T4)."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from ilo_cms.documents.models import Document
from ilo_cms.tenders.models import Channel, Deposit, DepositKind, Offer, Question
from tests.factories import ContactFactory, OfficerFactory
from tests.helpers import files
from tests.helpers.amounts import says
from tests.helpers.intranet import an_administrator, as_, open_intranet
from tests.tenders.drafts import a_draft, a_sent_tender, accept, again, boss, choose, pass_deadlines
from tests.tenders.intranet.asking import SHOWN, page, said


pytestmark = pytest.mark.django_db

#: Later than any deadline that these tests make, and not too far ahead.
NEXT_YEAR = timezone.localdate() + timedelta(days=365)


def test_the_page_says_where_it_stands_and_offers_what_is_possible(browser, engagement):
    tender = a_draft(engagement)
    text = page(browser, "tender_page", tender.pk)
    assert re.findall(r'class="button button-small" href="[^"]*">(.*?)<', text) == ["Destinataires"]
    assert "Vérifier et diffuser" in text and "Déplacer les échéances" not in text
    tender = a_sent_tender(engagement=engagement)
    text = page(browser, "tender_page", tender.pk)
    assert "Déplacer les échéances" in text
    assert "0 réponse sur 1" in text
    assert "Clore les réponses" not in text
    silent = tender.invitations.get().organisation
    type(silent).objects.filter(pk=silent.pk).update(is_active=False)
    assert "Clore les réponses" in page(browser, "tender_page", tender.pk)
    accept(tender)
    assert "Clore les réponses" in page(browser, "tender_page", tender.pk)
    pass_deadlines(tender)
    text = page(browser, "tender_page", tender.pk)
    assert "0 offre déposée" in text
    assert "Solliciter d’autres" not in text
    pass_deadlines(tender, deposits=True)
    text = page(browser, "tender_page", tender.pk)
    assert "Tout s’ouvre ensemble" in text
    assert "Modifier la demande" not in text


def test_officers_see_how_many_offers_and_nothing_of_them(browser, engagement):
    contacts = [ContactFactory() for _ in range(3)]
    tender = a_sent_tender(*(each.organisation for each in contacts), engagement=engagement)
    accept(tender)
    pass_deadlines(tender)
    for contact in contacts[:2]:
        invitation = tender.invitations.get(organisation=contact.organisation)
        offer = Offer.objects.create(invitation=invitation, price="4321.09", message="Canari")
        Deposit.objects.create(
            key=uuid4(),
            offer=offer,
            number=1,
            kind=DepositKind.DEPOSITED,
            at=timezone.now(),
            by=contact.user,
            channel=Channel.PLATFORM,
            requirements=1,
            digest="0" * 64,
        )
    text = page(browser, "tender_page", tender.pk)
    assert "2 offres déposées" in text
    assert "Canari" not in text and not says(text, "4321.09")


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("annuler", {"reason": "Le besoin a disparu."}),
        ("echeances", {"message": "Des congés.", "deposit_deadline_day": str(NEXT_YEAR)}),
        ("clore-les-reponses", {}),
    ],
)
def test_acts_are_done_by_their_form(browser, engagement, act, data):
    tender = a_sent_tender(engagement=engagement)
    accept(tender)
    address = reverse("tender_act", args=[tender.pk, act])
    text = page(browser, "tender_act", tender.pk, act)
    fields = dict(re.findall(r'name="(\w+_(?:day|hour)|seen)" value="([^"]*)"', text))
    assert browser.post(address, fields | data).status_code == 302
    assert again(tender).revision == 2
    assert browser.post(address, fields | data).status_code in {409, 422}


def test_answers_are_closed_without_an_organisation_made_inactive(browser, engagement):
    asked, silent = ContactFactory(), ContactFactory()
    tender = a_sent_tender(asked.organisation, silent.organisation, engagement=engagement)
    accept(tender, asked.organisation)
    address = reverse("tender_act", args=[tender.pk, "clore-les-reponses"])
    assert address not in page(browser, "tender_page", tender.pk)
    assert browser.get(address).status_code == 302
    silent.organisation.is_active = False
    silent.organisation.save()
    text = page(browser, "tender_page", tender.pk)
    assert address in text and "(inactive)" in text
    text = page(browser, "tender_act", tender.pk, "clore-les-reponses")
    assert "Plus aucune réponse n’est attendue" in text and "ont répondu" not in text
    assert browser.post(address, {"seen": "1"}).status_code == 302
    assert "1 participe, 0 décline, 1 sans réponse." in page(browser, "tender_page", tender.pk)


def test_an_act_without_its_reason_or_out_of_time_is_refused(browser, engagement):
    tender = a_sent_tender(engagement=engagement)
    address = reverse("tender_act", args=[tender.pk, "annuler"])
    assert browser.post(address, {"seen": "1", "reason": ""}).status_code == 422
    assert page(browser, "tender_act", tender.pk, "inconnu", status=404)
    pass_deadlines(tender, deposits=True)
    address = reverse("tender_act", args=[tender.pk, "clore-les-reponses"])
    assert browser.get(address).status_code == 302
    assert browser.post(address, {"seen": "1"}).status_code == 409


def test_a_sent_tender_is_amended(browser, engagement):
    tender = a_sent_tender(engagement=engagement)
    text = page(browser, "tender_amend", tender.pk)
    assert "Tous les sollicités" in text
    data = said(seen="1", days="8", message="Deux jours de plus.", **SHOWN)
    data |= {"criteria-1-help_text": "Toutes taxes comprises"}
    assert browser.post(reverse("tender_amend", args=[tender.pk]), data).status_code == 302
    tender = again(tender)
    assert (tender.days, tender.requirements) == (8, 1)
    assert browser.post(reverse("tender_amend", args=[tender.pk]), data).status_code == 409


def test_an_amendment_names_only_what_changed(browser, engagement):
    """The need comes back from its editor as it went there, and is not said to have changed."""
    tender = a_sent_tender(engagement=engagement)
    address = reverse("tender_amend", args=[tender.pk])
    assert browser.post(address, said(seen="1", message="Le besoin.", **SHOWN)).status_code == 302
    shown = browser.get(address).context["form"]["need"]
    need = shown.field.widget.format_value(shown.value())
    data = said(seen="2", days="8", message="Deux jours de plus.", need=need, **SHOWN)
    assert browser.post(address, data).status_code == 302
    assert tender.events.last().text.endswith("Ce qui change : jours.")


def test_an_amendment_that_changes_nothing_is_refused_and_tells_nobody(browser, engagement):
    """Entities of a need that came from elsewhere are read as the editor's characters are."""
    tender = a_sent_tender(engagement=engagement, need="<p>Trois points&nbsp;: a &eacute;</p>")
    address = reverse("tender_amend", args=[tender.pk])
    shown = browser.get(address).context["form"]["need"]
    need = shown.field.widget.format_value(shown.value())
    same = {"need": need, "budget": "", "criteria-1-help_text": "Toutes taxes comprises", **SHOWN}
    answer = browser.post(address, said(seen="1", message="Voilà.", **same))
    assert answer.status_code == 422
    assert "Rien n’a changé" in answer.content.decode()
    assert tender.events.count() == 1
    asked = said(seen="1", message="Voilà.", is_requirement="on", **same)
    assert browser.post(address, asked).status_code == 302
    assert tender.events.last().text == "Voilà."


def test_a_question_is_answered(browser, engagement):
    contact = ContactFactory()
    tender = a_sent_tender(contact.organisation, engagement=engagement)
    question = Question.objects.create(
        tender=tender,
        invitation=tender.invitations.get(),
        asked_by=contact,
        text="Combien de salariés ?",
    )
    assert "Combien de salariés" in page(browser, "tender_page", tender.pk)
    address = reverse("tender_answer", args=[question.pk])
    assert contact.organisation.name in page(browser, "tender_answer", question.pk)
    assert browser.post(address, {"answer": " "}).status_code == 422
    assert browser.post(address, {"answer": "Douze."}).status_code == 302
    assert "Douze." in page(browser, "tender_page", tender.pk)
    assert browser.post(address, {"answer": "Treize."}).status_code == 409


def test_a_file_comes_with_the_tender_and_is_read_by_the_invited(browser, engagement, types):
    contact, stranger = ContactFactory(), ContactFactory()
    tender = a_sent_tender(contact.organisation, engagement=engagement)
    data = {
        "seen": "1",
        "title": "Statuts",
        "file_type": types["livrable"].pk,
        "file": ContentFile(files.pdf(), name="statuts.pdf"),
    }
    address = reverse("tender_act", args=[tender.pk, "piece"])
    assert browser.post(address, data).status_code == 302
    document = Document.objects.get()
    assert "statuts.pdf" in page(browser, "tender_page", tender.pk)
    readable = Document.objects.visible_to(contact.user, contact)
    assert document in readable
    assert document not in Document.objects.visible_to(stranger.user, stranger)
    other = open_intranet(OfficerFactory().user)
    assert document not in Document.objects.visible_to(other)
    assert document in Document.objects.visible_to(boss(tender))
    withdraw = reverse("tender_take_back", args=[tender.attachments.get().pk])
    browser.post(withdraw, {"seen": "2"})
    assert document not in Document.objects.visible_to(contact.user, contact)


def test_a_draft_shows_its_file_to_nobody_but_the_team(browser, engagement, types):
    contact = ContactFactory()
    tender = a_draft(engagement)
    choose(tender, contact.organisation)
    data = {
        "seen": "0",
        "title": "Statuts",
        "file_type": types["livrable"].pk,
        "file": ContentFile(files.pdf(), name="statuts.pdf"),
    }
    assert browser.post(reverse("tender_act", args=[tender.pk, "piece"]), data).status_code == 302
    assert not Document.objects.visible_to(contact.user, contact).exists()


def test_another_team_finds_nothing_and_administrators_read(browser, engagement):
    tender = a_sent_tender()
    contact_question = Question.objects.create(
        tender=tender,
        invitation=tender.invitations.get(),
        asked_by=ContactFactory(),
        text="?",
    )
    for name in ("tender_page", "tender_edit", "tender_publish", "tender_recipients"):
        page(browser, name, tender.pk, status=404)
    page(browser, "tender_answer", contact_question.pk, status=404)
    administrator = as_(an_administrator())
    text = page(administrator, "tender_page", tender.pk)
    assert "Seul·es les chargé·es" in text
    assert "Déplacer les échéances" not in text
    page(administrator, "tender_publish", tender.pk, status=302)
