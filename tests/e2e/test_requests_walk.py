"""Documents asked, sent, refused, replaced, accepted; the provider by keyboard (SPEC D4–D7)."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e.test_documents import a_file
from tests.helpers import files


pytestmark = pytest.mark.e2e


def ask(claire) -> None:
    """The officer asks Conseil Sol for two documents, from its page."""
    page = claire.page
    claire.open("/admin/structures/?q=conseil+sol&is_active=true")
    page.get_by_role("link", name=re.compile("conseil sol", re.IGNORECASE)).first.click()
    if "/inspect/" not in page.url:
        claire.open(re.sub(r"/edit/", "/inspect/", page.url))
    page.get_by_role("link", name="Demander des pièces").click()
    claire.check("demande-nouvelle")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("La demande n’est pas envoyée.")).to_be_visible()
    claire.check("demande-refusee")
    page.get_by_label("Statuts à jour").check()
    page.get_by_label("Certificat Qualiopi").check()
    page.get_by_label("Message").fill("Pour votre prochaine prestation.")
    day = date.today() + timedelta(days=12)  # noqa: DTZ011  what a person types
    page.get_by_label("À envoyer avant le").fill(f"{day:%Y-%m-%d}")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("Demande envoyée à")).to_be_visible()
    claire.check("demande-envoyee")


def slot(visitor, heading: str):
    """One document asked for, on the provider's page."""
    return visitor.page.locator("section.card").filter(
        has=visitor.page.get_by_role("heading", name=heading)
    )


def choose(visitor, heading: str, name: str, content: bytes) -> None:
    """Reach the field of a row by the Tab key, and choose a file there."""
    field = slot(visitor, heading).locator("[type=file]")
    visitor.tab_to(field)
    field.set_input_files(a_file(name, content))


def press(visitor, control) -> None:
    """Reach a control by the Tab key and press it."""
    visitor.tab_to(control)
    visitor.page.keyboard.press("Enter")


def answer(paul) -> None:
    """The provider adds a file, says why another will not come, sends both."""
    page = paul.page
    paul.sign_in("paul@conseil-sol.example")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bonjour")
    paul.check("accueil-demandes")
    entry = page.locator(".tasks > li").filter(has_text="Certificat Qualiopi")
    press(paul, entry.get_by_role("link", name="Voir la demande"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Pièces jointes demandées")
    paul.check("demande-vide")

    choose(paul, "Statuts à jour", "statuts.pdf", b"<html>Non</html>")
    expect(slot(paul, "Statuts").locator(".errorlist")).to_contain_text("autre chose")
    paul.check("demande-fichier-refuse")
    choose(paul, "Statuts à jour", "statuts.pdf", files.pdf(pages=7))
    expect(slot(paul, "Statuts").get_by_role("status")).to_contain_text("prêt à envoyer")
    expect(page.locator("[data-summary]")).to_contain_text("1 réponse prête")

    qualiopi = slot(paul, "Certificat Qualiopi")
    press(paul, qualiopi.locator("summary"))
    paul.tab_to(qualiopi.get_by_role("textbox", name=re.compile("Pour quelle raison")))
    page.keyboard.type("Notre audit a lieu dans deux mois.")
    press(paul, qualiopi.get_by_role("button", name="Préparer cette réponse"))
    expect(page.get_by_text("Votre motif est prêt à envoyer.")).to_be_visible()
    paul.check("demande-prete")
    press(paul, page.get_by_role("button", name="Envoyer les pièces jointes"))
    expect(page.get_by_text("2 réponses sont envoyées")).to_be_visible()
    paul.check("demande-pieces-envoyees")


def open_request(claire) -> None:
    """The officer goes to what is to be checked, from the to-do list."""
    claire.open("/admin/")
    claire.page.get_by_role("link", name=re.compile("pièces jointes sont à vérifier")).click()
    claire.check("demandes-a-verifier")
    row = claire.page.get_by_role("row").filter(has_text="Certificat Qualiopi")
    row.get_by_role("link").first.click()


def decide(claire, heading: str, choice: str, reason: str = "") -> None:
    """Choose a verdict for one row."""
    row = claire.page.get_by_role("row").filter(has_text=heading)
    row.get_by_role("radio", name=choice).check()
    if reason:
        row.get_by_role("textbox", name=re.compile("Motif")).fill(reason)


def test_documents_are_asked_sent_refused_replaced_and_accepted(site, visit):
    claire, paul = visit(), visit()
    claire.sign_in("claire@dla-rhone.example")
    ask(claire)
    answer(paul)

    open_request(claire)
    claire.check("demande-a-verifier")
    decide(claire, "Statuts à jour", "Refuser", "La dernière page manque.")
    decide(claire, "Certificat Qualiopi", "Accepter")
    claire.page.get_by_role("button", name="Enregistrer la décision").click()
    expect(claire.page.get_by_text("Décision enregistrée")).to_be_visible()
    claire.check("demande-decidee")

    paul.page.reload()
    expect(slot(paul, "Statuts")).to_contain_text("La dernière page manque.")
    expect(slot(paul, "Certificat Qualiopi")).to_contain_text("dispensée")
    paul.check("demande-piece-refusee")
    choose(paul, "Statuts à jour", "statuts-complets.pdf", files.pdf(pages=8))
    expect(slot(paul, "Statuts").get_by_role("status")).to_contain_text("prêt à envoyer")
    press(paul, paul.page.get_by_role("button", name="Envoyer les pièces jointes"))
    expect(paul.page.get_by_text("1 réponse est envoyée")).to_be_visible()

    open_request(claire)
    decide(claire, "Statuts à jour", "Accepter")
    claire.page.get_by_role("button", name="Enregistrer la décision").click()
    expect(claire.page.get_by_text("validées : 2 sur 2")).to_be_visible()
    with claire.page.expect_download() as saved:
        claire.page.get_by_role("link", name=re.compile("ZIP")).click()
    assert saved.value.suggested_filename.endswith(".zip")
    paul.page.reload()
    expect(paul.page.get_by_text("Demande complète.")).to_be_visible()
    paul.check("demande-complete")


def test_the_dry_run_of_reminders(site, visit):
    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    claire.open("/admin/demandes-de-pieces/?etat=en-retard")
    claire.check("demandes-en-retard")
    claire.page.get_by_role("link", name=re.compile("Relancer")).click()
    expect(claire.page.get_by_text("Rien n’est parti pour le moment.")).to_be_visible()
    claire.check("relances")
    claire.page.get_by_role("button", name="Relancer").click()
    expect(
        claire.page.get_by_text(re.compile("structure relancée|structures relancées"))
    ).to_be_visible()
    claire.check("relances-faites")
