"""An officer finds providers: by keyboard, at both widths, and sees at once what one changes."""

import re

import pytest
from playwright.sync_api import expect


pytestmark = pytest.mark.e2e

FOUND = re.compile(r"prestataires? trouvés?")
WORD = "thermographie"


def test_an_officer_finds_providers(visit):
    """From the menu, with the keyboard; each suggestion says why and leads to the record."""
    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    page = claire.page
    claire.open("/admin/")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="Prestataires", exact=True).click()
    heading = page.locator("#found")
    expect(heading).to_have_text(FOUND)
    claire.check("recherche")
    everybody = number_in(heading.inner_text())

    theme = page.locator("[name=skills]").first
    claire.tab_to(theme)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"skills=\d+.*#found"))
    expect(page.locator("[name=skills]").first).to_be_checked()
    expect(heading).to_have_text(FOUND)
    assert 0 < number_in(heading.inner_text()) < everybody
    expect(page.locator("ol li").first).to_contain_text("Thématique")
    page.get_by_label("Territoire").select_option(label=page.locator(RHONE).inner_text())
    page.get_by_role("button", name="Rechercher").click()
    expect(page.locator("ol li").first).to_contain_text("couvre : Rhône (69)")
    claire.check("recherche-trouves")

    with page.expect_download() as download:
        page.get_by_role("link", name="Exporter en CSV").click()
    rows = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(rows) == number_in(heading.inner_text()) + 1

    page.locator("ol h3 a").first.click()
    expect(page).to_have_url(re.compile(r"/structures/inspect/"))


def test_nothing_found_and_what_no_list_offers(visit):
    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    claire.open("/admin/prestataires/rechercher/?words=introuvable")
    expect(claire.page.locator("#found")).to_have_text("Aucun prestataire trouvé")
    claire.check("recherche-vide")
    claire.open("/admin/prestataires/rechercher/?skills=999999")
    expect(claire.page.get_by_role("alert")).to_contain_text("Thématiques")
    claire.check("recherche-fausse")


def test_what_a_provider_writes_is_found_at_once(visit):
    """The officer's process knows it at its next search."""
    claire, paul = visit(), visit()
    claire.sign_in("claire@dla-rhone.example")
    claire.open(f"/admin/prestataires/rechercher/?words={WORD}")
    expect(claire.page.locator("#found")).to_have_text("Aucun prestataire trouvé")
    paul.sign_in("paul@conseil-sol.example")
    paul.open("/mes-informations/structure/")
    paul.page.get_by_label("Présentation").fill(f"Conseil en {WORD} des toitures.")
    paul.page.get_by_role("button", name="Enregistrer").click()
    paul.page.locator("[role=status], .message").first.wait_for()
    claire.page.reload()
    expect(claire.page.locator("#found")).to_have_text("1 prestataire trouvé")
    expect(claire.page.locator("ol li")).to_contain_text("Conseil Sol", ignore_case=True)


RHONE = "#id_territory option:text-matches('^Rhône [(]69[)]')"


def number_in(text: str) -> int:
    """The number in a sentence."""
    return int(re.sub(r"\D", "", text))
