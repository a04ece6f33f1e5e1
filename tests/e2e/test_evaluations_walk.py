"""A shared evaluation is read and answered, a beneficiary gives its view (SPEC E7, E10)."""

import re

import pytest
from playwright.sync_api import expect


pytestmark = pytest.mark.e2e


def test_an_evaluation_is_read_and_answered(site, visit):
    """Paul comes by his mail, marks as read and replies once; Claire reads his reply."""
    paul = visit()
    paul.sign_in("paul@conseil-sol.example")
    page = paul.page
    about = "Revoir le modèle économique"
    paul.open(site.link_to("paul@conseil-sol.example", "/evaluations/", about))
    expect(page.get_by_text("porte sur cette prestation")).to_be_visible()
    paul.check("evaluation")
    page.get_by_role("button", name="Marquer comme lue").click()
    expect(page.get_by_text("Marquée comme lue le")).to_be_visible()
    page.get_by_role("button", name="Envoyer la réponse").click()
    paul.check("evaluation-refus")
    page.get_by_label("Votre réponse").fill("Merci de ce retour.")
    page.get_by_role("button", name="Envoyer la réponse").click()
    expect(page.get_by_text("Merci de ce retour.")).to_be_visible()
    expect(page.get_by_role("button", name="Envoyer la réponse")).to_have_count(0)
    paul.check("evaluation-repondue")

    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    page = claire.page
    claire.open("/admin/evaluations/")
    claire.check("evaluations")
    page.get_by_role("link", name="Revoir le modèle économique").first.click()
    expect(page.get_by_text("Merci de ce retour.")).to_be_visible()
    claire.check("evaluation-intranet")
    page.get_by_role("button", name="Cesser le partage").click()
    expect(page.get_by_role("button", name="Partager avec le prestataire")).to_be_visible()
    claire.open("/admin/grilles/")
    page.get_by_role("link", name="Ouvrir").first.click()
    claire.check("grille")
    page.get_by_role("link", name=re.compile("résultats")).first.click()
    claire.check("grille-resultats")


def test_a_beneficiary_answers_by_the_keyboard(site, visit):
    """Jeanne comes by her mail and answers with Tab, arrows and space alone."""
    jeanne = visit()
    jeanne.sign_in("jeanne@jardins-partages.example")
    page = jeanne.page
    about = "Accompagnement 2026"
    jeanne.open(site.link_to("jeanne@jardins-partages.example", "/satisfaction/", about))
    jeanne.check("satisfaction")
    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_text("elle est obligatoire").first).to_be_visible()
    jeanne.check("satisfaction-refus")
    for number in range(4):
        group = page.get_by_role("group").nth(number)
        jeanne.tab_to(group.get_by_role("radio").first)
        page.keyboard.press("Space")
    jeanne.tab_to(page.get_by_role("button", name="Envoyer mes réponses"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Vous avez répondu")).to_be_visible()
    jeanne.check("satisfaction-repondue")
