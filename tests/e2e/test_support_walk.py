"""Asking for help, and support acting for a while in one’s place (SPEC A12, A13)."""

import re

import pytest
from playwright.sync_api import expect


pytestmark = pytest.mark.e2e


def test_a_provider_asks_for_help_and_support_acts_for_them(site, visit, tmp_path):
    """A form with a screenshot, its answer, and an hour in the person's place under a banner."""
    asker = visit()
    asker.sign_in("ines@coop-atout.example")
    page = asker.page
    page.get_by_role("link", name="Assistance").click()
    asker.check("assistance")
    page.get_by_role("button", name="Envoyer la demande").click()
    asker.check("assistance-refus")
    page.get_by_label("Que vouliez-vous faire").fill("Le bouton « Enregistrer » ne répond pas.")
    picture = tmp_path / "écran.png"
    page.screenshot(path=picture)
    page.get_by_label("Capture d’écran").set_input_files(picture)
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("à traiter")).to_be_visible()
    asker.check("assistance-envoyee")

    admin = visit()
    admin.sign_in("admin@ilo.example")
    page = admin.page
    admin.check("bureau-administration")
    page.get_by_role("link", name=re.compile("demandes? d’assistance", re.IGNORECASE)).first.click()
    admin.check("demandes-d-assistance")
    page.locator("table.listing tbody a").first.click()
    expect(page.get_by_role("img", name=re.compile("Capture d’écran"))).to_be_visible()
    admin.check("demande-d-assistance")
    page.get_by_label("Réponse").fill("C’est réparé : rechargez la page.")
    page.get_by_role("button", name="Envoyer la réponse").click()

    admin.open("/admin/contacts/?q=Lambert")
    page.locator("table.listing tbody a").first.click()
    page.goto(page.url.replace("/edit/", "/inspect/"))
    page.get_by_role("link", name="Agir comme cette personne (assistance)").click()
    admin.check("agir-comme")
    page.get_by_label("Pourquoi agissez-vous").fill("Demande par téléphone.")
    page.get_by_role("button", name="Agir comme cette personne").click()
    banner = page.get_by_role("complementary", name="Assistance en cours")
    expect(banner).to_contain_text("Léo Lambert")
    admin.check("au-nom-de")
    admin.open("/mes-informations/")
    expect(banner).to_be_visible()
    admin.check("au-nom-de-fiche")
    page.get_by_role("button", name="Mettre fin").click()
    expect(page).to_have_url(re.compile("/admin/"))
    expect(banner).not_to_be_visible()
