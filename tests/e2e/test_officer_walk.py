"""What officers and administrators do for people: move them, invite them, help their account."""

import re

import pytest
from playwright.sync_api import expect


pytestmark = pytest.mark.e2e


def test_providers_are_invited_in_bulk_after_a_dry_run(site, visit):
    """The administrator sees how many mails go to whom before any goes."""
    admin = visit()
    admin.sign_in("admin@ilo.example")
    page = admin.page
    admin.open("/admin/activation-des-comptes/")
    admin.check("activation-en-masse")
    page.get_by_label(re.compile("Nombre|limite|au plus", re.IGNORECASE)).fill("3")
    page.get_by_role("button", name="Envoyer les liens d’activation").click()
    expect(page.get_by_role("heading", name="Aujourd’hui")).to_be_visible()
    admin.check("activation-en-masse-lancee")


FORMER_PASSWORD = """
from ilo_cms.accounts.models import User
leo = User.objects.get(email="leo@coop-atout.example")
leo.set_password("demo-ilo-2026")
leo.save()
"""


def test_a_forgotten_password_is_chosen_anew(site, visit):
    """The same answer for everyone; the link of the mail opens the account."""
    leo = visit()
    page = leo.page
    for address in ("personne@nulle-part.example", "leo@coop-atout.example"):
        leo.open("/compte/mot-de-passe/oublie/")
        leo.check("mot-de-passe-oublie")
        page.get_by_label("Adresse électronique").fill(address)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/envoye/"))
        leo.check("mot-de-passe-envoye")
    leo.open(site.link_to("leo@coop-atout.example", "/compte/mot-de-passe/nouveau/"))
    leo.check("nouveau-mot-de-passe")
    for field in page.locator("input[type=password]").all():
        field.fill("un caillou plat et gris")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Bonjour"))
    site.manage("shell", "-c", FORMER_PASSWORD)  # the walks that follow sign in with it


def test_the_old_address_stops_a_change_of_address(site, visit):
    """The mail to the old address holds a link that cancels, by its button only."""
    jeanne = visit()
    jeanne.sign_in("jeanne@jardins-partages.example")
    page = jeanne.page
    jeanne.open("/mes-informations/")
    page.get_by_label("Adresse électronique").fill("Jeanne.Neuve@jardins-partages.example ")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".pending")).to_contain_text("jeanne.neuve@jardins-partages.example")
    jeanne.open(site.link_to("jeanne@jardins-partages.example", "/compte/adresse/annuler/"))
    jeanne.check("annuler-adresse")
    page.get_by_role("button", name=re.compile("Annuler")).click()
    jeanne.check("adresse-annulee")
    jeanne.open("/mes-informations/")
    expect(page.get_by_label("Adresse électronique")).to_have_value(
        "jeanne@jardins-partages.example"
    )


def test_a_contact_changes_structure(site, visit):
    """One guided screen, each page at both widths, and back again without losing anything."""
    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    page = claire.page
    claire.open("/admin/contacts/?q=Perrin")
    page.locator("table.listing tbody a").filter(has_text="Jeanne").first.click()
    page.goto(page.url.replace("/edit/", "/inspect/"))
    page.get_by_role("link", name="Changer de structure").click()
    claire.check("changer-siren")
    page.get_by_label("SIREN de la nouvelle structure").fill("123 456 789")
    page.get_by_role("button", name="Continuer").click()
    claire.check("changer-siren-faux")
    page.get_by_label("SIREN de la nouvelle structure").fill("000 123 455")
    page.get_by_role("button", name="Continuer").click()
    claire.check("changer-nouvelle-structure")
    page.get_by_label("Dénomination").fill("Atelier d’à côté")
    page.get_by_role("checkbox", name="Prestataire").check()
    page.get_by_role("button", name="Continuer").click()
    claire.check("changer-etablissement")
    page.get_by_role("radio").last.check()
    page.get_by_label("NIC").fill("00019")
    page.get_by_label("Commune").fill("Lyon")
    page.get_by_label("Code postal").fill("69003")
    page.get_by_role("button", name="Continuer").click()
    claire.check("changer-contact")
    page.get_by_role("button", name="Revenir en arrière").click()
    expect(page.get_by_label("Commune")).to_have_value("Lyon")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Fonction").fill("associé")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", name="Ce qui va se passer")).to_be_visible()
    claire.check("changer-relecture")
    claire.tab_to(page.get_by_role("button", name="Confirmer le changement de structure"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Atelier d’à côté").first).to_be_visible()
    claire.check("changer-fait")

    jeanne = visit()
    jeanne.sign_in("jeanne@jardins-partages.example")
    choice = jeanne.page.get_by_label("Structure")
    expect(choice.locator("option")).to_have_count(2)
    choice.select_option(label="Les Jardins partagés (structure quittée, lecture seule)")
    jeanne.page.get_by_role("button", name="Valider").click()
    expect(
        jeanne.page.get_by_text(re.compile("Vous avez quitté cette structure")).first
    ).to_be_visible()
    jeanne.check("structure-quittee-accueil")
