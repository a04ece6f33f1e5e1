"""The pages of recipients and of the last look before sending (SPEC T3, T4)."""

import re

import pytest
from django.urls import reverse

from ilo_cms.tenders.models import Invitation
from tests.factories import ContactFactory, OrganisationFactory
from tests.tenders.drafts import a_draft, a_sent_tender, again, choose, theme
from tests.tenders.intranet.asking import page


pytestmark = pytest.mark.django_db


def test_suggestions_say_why_and_what_was_asked_before(browser, engagement):
    contact = ContactFactory(organisation__name="Conseil Sol")
    contact.organisation.skills.add(theme())
    ContactFactory(organisation__name="Sans thème")
    a_sent_tender(contact.organisation)
    text = page(browser, "tender_recipients", a_draft(engagement).pk)
    assert "Thématique : Gouvernance" in text
    assert "Sollicitée 1 fois" in text and "0&nbsp;%" in text
    assert "Sans thème" not in text


def test_without_territory_none_is_chosen_and_their_kinds_have_headings(browser, engagement):
    tender = a_draft(engagement, territory=None)
    for name in ("tender_recipients", "tender_edit"):
        page = browser.get(reverse(name, args=[tender.pk])).content.decode()
        choices = re.search(r'<select name="territory".*?</select>', page, re.DOTALL)[0]
        assert re.findall(r'value="([^"]*)"[^>]* selected', choices) in ([], [""])
        assert choices.index('value=""') < choices.index("optgroup")
        assert re.findall(r'optgroup label="(.*?)"', choices) == ["Régions", "Départements"]


@pytest.mark.usefixtures("indexed")
def test_anyone_is_found_by_name_or_siren_but_not_the_inactive(browser, engagement):
    tender = a_draft(engagement)
    organisation = OrganisationFactory(name="Atelier du Vent")
    sleeping = OrganisationFactory(name="Vent debout", inactive=True)
    siren = f"{organisation.siren[:3]} {organisation.siren[3:6]} {organisation.siren[6:]}"
    for text in ("atelier", siren):
        found = page(browser, "tender_recipients", tender.pk, cherche=1, autre=text)
        assert f'value="{organisation.pk}"' in found
    OrganisationFactory(name="Agence Atelier du Ventoux")
    found = page(browser, "tender_recipients", tender.pk, cherche=1, autre="atelier du vent")
    assert found.index(f'value="{organisation.pk}"') < found.index("Agence Atelier du Ventoux")
    found = page(browser, "tender_recipients", tender.pk, cherche=1, autre="debout")
    assert "est inactive" in found
    assert f'value="{sleeping.pk}"' not in found


def test_those_ticked_are_added_with_the_reason_then_removed(browser, engagement):
    tender, organisation = a_draft(engagement), OrganisationFactory()
    address = reverse("tender_recipients", args=[tender.pk])
    data = {"organisation": str(organisation.pk), f"because_{organisation.pk}": "Parce que."}
    assert browser.post(address, data).status_code == 302
    invitation = Invitation.objects.get()
    assert invitation.chosen_because == "Parce que."
    assert organisation.name in page(browser, "tender_recipients", tender.pk)
    browser.post(reverse("tender_take_off", args=[invitation.pk]))
    assert not Invitation.objects.exists()


def test_nothing_or_an_inactive_organisation_is_not_added(browser, engagement):
    tender = a_draft(engagement)
    address = reverse("tender_recipients", args=[tender.pk])
    sleeping = OrganisationFactory(inactive=True)
    for data in ({}, {"organisation": "x"}, {"organisation": str(sleeping.pk)}):
        assert browser.post(address, data).status_code == 422
    assert not Invitation.objects.exists()


def test_more_are_invited_after_a_look_at_who_gets_what(browser, engagement):
    tender, contact = a_sent_tender(engagement=engagement), ContactFactory()
    address = reverse("tender_recipients", args=[tender.pk])
    data = {"organisation": str(contact.organisation_id), "seen": str(again(tender).revision)}
    answer = browser.post(address, data)
    assert contact.user.email in answer.content.decode()
    assert tender.invitations.count() == 1
    assert browser.post(address, data | {"confirmed": "1"}).status_code == 302
    assert tender.invitations.count() == 2


@pytest.mark.parametrize("count", [2, 20])
def test_suggestions_cost_the_same_whatever_their_number(
    browser, engagement, count, django_assert_max_num_queries
):
    tender = a_draft(engagement)
    for _ in range(count):
        contact = ContactFactory()
        contact.organisation.skills.add(theme())
        choose(tender, contact.organisation)
    page(browser, "tender_recipients", tender.pk)
    with django_assert_max_num_queries(33):
        text = page(browser, "tender_recipients", tender.pk)
    assert f"{count} prestataires suggérés" in text


def test_the_page_before_sending_shows_all_and_sends(browser, engagement):
    tender, contact = a_draft(engagement, budget=5000), ContactFactory()
    text = page(browser, "tender_publish", tender.pk)
    assert "au moins un prestataire" in text
    assert "Diffuser maintenant" not in text
    choose(tender, contact.organisation)
    text = page(browser, "tender_publish", tender.pk)
    assert contact.user.email in text
    assert "1 personne de 1 structure" in text
    assert "Budget" not in text  # it is not shown to providers
    answer = browser.post(reverse("tender_publish", args=[tender.pk]), {"seen": "0"})
    assert answer.status_code == 302
    assert again(tender).published_at
    assert browser.get(reverse("tender_publish", args=[tender.pk])).status_code == 302


def test_what_cannot_be_sent_is_said(browser, engagement):
    tender = a_draft(engagement)
    address = reverse("tender_publish", args=[tender.pk])
    assert browser.post(address, {"seen": "0"}).status_code == 422
    choose(tender, ContactFactory().organisation)
    assert browser.post(address, {"seen": "7"}).status_code == 409
