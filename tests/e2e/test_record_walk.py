"""A provider keeps the record: copies, re-enters old values, confirms, reads it (SPEC P)."""

import re

import pytest
from playwright.sync_api import expect


pytestmark = pytest.mark.e2e


def test_a_provider_keeps_the_record(site, visit):
    """Three parts at both widths, the gauge, the old values of Enée, the stamp, the history."""
    paul = visit()
    paul.sign_in("paul@conseil-sol.example")
    page = paul.page
    for part, path in [("contact", ""), ("structure", "structure/"), ("lieu", "etablissement/")]:
        paul.open(f"/mes-informations/{path}")
        paul.check(f"fiche-{part}")
    paul.open("/mes-informations/")
    page.get_by_role("textbox", name="Fonction").fill("co-gérant·e d’ici 🌱")
    page.get_by_label("Téléphone", exact=True).fill("0692 12 34 56")
    paul.tab_to(page.get_by_role("button", name="Enregistrer"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Vos informations sont enregistrées.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Fonction")).to_have_value("co-gérant·e d’ici 🌱")

    page.get_by_role("button", name="Ajouter ceux de ma structure à mon contact").click()
    paul.check("fiche-copiee")

    page.get_by_role("link", name="Les ressaisir").click()
    paul.check("anciennes-valeurs")
    page.get_by_role("link", name=re.compile("Chercher dans toute la liste")).first.click()
    paul.check("ancienne-valeur")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Ajouter les choix cochés").click()
    expect(page.get_by_text("Tout est ressaisi")).to_be_visible()
    paul.check("anciennes-valeurs-ressaisies")

    paul.open("/mes-informations/")
    paul.tab_to(page.get_by_role("button", name="Je confirme que mes informations sont à jour"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Informations confirmées à jour le")).to_be_visible()
    page.get_by_role("link", name="Historique de la fiche").click()
    expect(page.get_by_text("co-gérant·e d’ici 🌱").first).to_be_visible()
    paul.check("historique")


def test_two_tabs_on_two_structures_never_mix(site, visit):
    """A form sent after another structure was chosen saves nothing and loses nothing."""
    marina = visit()
    marina.sign_in("marina@conseil-sol.example")
    choose(marina.page, "Conseil Sol")
    marina.open("/mes-informations/")
    page = marina.page
    page.get_by_role("textbox", name="Fonction").fill("consultante associée")
    other = page.context.new_page()
    other.goto(site.url + "/structure/")
    label = other.get_by_label("Structure").locator("option", has_text="lecture seule").inner_text()
    choose(other, label)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Vous agissez maintenant pour une autre structure"
    )
    marina.check("autre-onglet")
    page.get_by_role("button", name=re.compile("reprendre ma saisie")).click()
    expect(page.get_by_role("textbox", name="Fonction")).to_have_value("consultante associée")
    other.goto(site.url + "/structure/")
    choose(other, label)
    page.goto(site.url + "/mes-informations/")
    expect(page.get_by_text("Lecture seule.")).to_be_visible()
    marina.check("structure-quittee")


def choose(page, label: str) -> None:
    """Choose a structure on its page."""
    page.get_by_label("Structure").select_option(label=label)
    page.get_by_role("button", name="Valider").click()
