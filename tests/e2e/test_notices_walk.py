"""Choosing mails, reading notices, writing the mails' texts, in a browser and by keyboard."""

import re

import pytest
from playwright.sync_api import expect


pytestmark = pytest.mark.e2e


def test_a_provider_chooses_mails_by_keyboard_and_filters_notices(site, visit):
    paul = visit()
    paul.sign_in("paul@conseil-sol.example")
    paul.open("/notifications/")
    paul.check("notifications-vides-ou-non")
    page = paul.page
    page.get_by_role("link", name="Choisir celles qui vous sont envoyées").click()
    paul.check("preferences")
    choice = page.get_by_label(re.compile("Votre demande de modification a été traitée"))
    paul.tab_to(choice)
    page.keyboard.press("ArrowDown")
    paul.tab_to(page.get_by_role("button", name="Enregistrer"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Vos préférences sont enregistrées")).to_be_visible()
    expect(choice).to_have_value("digest")
    expect(page.get_by_text("Sécurité : Votre adresse de connexion va changer")).to_be_visible()
    paul.check("preferences-enregistrees")


def test_an_administrator_writes_the_text_of_a_mail(site, visit):
    agnes = visit()
    agnes.sign_in("admin@ilo.example")
    agnes.open("/admin/courriels/textes/")
    agnes.check("textes-des-courriels")
    page = agnes.page
    page.get_by_role("link", name="Votre demande de modification a été traitée").click()
    agnes.check("texte-de-courriel")
    page.get_by_label("Objet").fill("Réponse pour {structure}")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_text("{structure} n’est pas un champ de ce courriel")).to_be_visible()
    agnes.check("texte-refuse")
    page.get_by_label("Objet").fill("Réponse pour {organisation}")
    page.get_by_role("button", name="Aperçu").click()
    expect(page.locator("strong").get_by_text("Réponse pour")).to_be_visible()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("link", name="/notifications/")).to_be_visible()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_text("Le texte est enregistré")).to_be_visible()
    agnes.check("texte-enregistre")
    page.get_by_role("button", name="Rétablir le texte d’origine").click()
    expect(page.get_by_text("Le texte d’origine est rétabli")).to_be_visible()
    agnes.open("/admin/courriels/")
    agnes.check("courriels")
