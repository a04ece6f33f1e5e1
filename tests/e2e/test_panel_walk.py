"""Two evaluators of a tender: each alone, then together, then a lower rank is retained (T12)."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.test_documents import a_file
from tests.e2e.test_tender_walk import CLAIRE, PAUL, act, open_in_intranet, open_tender
from tests.helpers import files


pytestmark = pytest.mark.e2e

SAMIRA = "samira@dla-rhone.example"
TITLE = "Repenser le modèle économique"


def states_no_interest(evaluator) -> None:
    act(evaluator, "Ma déclaration d’intérêts")
    evaluator.page.get_by_label("Aucun conflit d’intérêts").check()
    evaluator.page.get_by_role("button", name="Enregistrer ma déclaration").click()
    expect(evaluator.page.get_by_text("Votre déclaration est enregistrée.")).to_be_visible()


def notes_of(evaluator):
    """The fields of a grid, of which the first three are of Conseil Sol's offer."""
    evaluator.page.wait_for_load_state()
    return evaluator.page.locator("input[name^=note-]:not([type=hidden])").all()


def gives(evaluator, first: str, second: str, button: str) -> None:
    """Fill the grid that is open and send it."""
    fields = notes_of(evaluator)
    assert len(fields) == 6
    for number, field in enumerate(fields):
        field.fill(first if number < 3 else second)
    evaluator.page.get_by_role("button", name=button).click()
    expect(evaluator.page.locator(".ilo-now")).to_be_visible()


def hands_in(evaluator) -> None:
    act(evaluator, "Ma grille individuelle")
    evaluator.page.get_by_label(re.compile("Remettre ma grille")).check()
    evaluator.page.get_by_role("button", name="Enregistrer mes notes").click()
    expect(evaluator.page.get_by_role("link", name="Lire ma grille")).to_be_visible()


def test_two_evaluators_score_alone_and_agree(visit):
    claire, samira = visit(), visit()
    for person, email in ((claire, CLAIRE), (samira, SAMIRA)):
        person.sign_in(email)
        open_in_intranet(person, TITLE)
        states_no_interest(person)
        act(person, "Ma grille individuelle")
        gives(person, *(("8", "6") if person is claire else ("6,5", "7")), "Enregistrer mes notes")
    hands_in(claire)
    waits = claire.page.get_by_text("Grille individuelle encore attendue : Samira Benali.")
    expect(waits).to_be_visible()
    claire.check("mec-grille-remise")
    claire.page.get_by_role("link", name="Lire ma grille").click()
    mine = claire.page.locator("details", has_text="Claire Aubry").get_by_text("Prix : 8")
    expect(mine).to_be_in_viewport()

    open_in_intranet(samira, TITLE)
    expect(samira.page.get_by_role("heading", name="Grilles remises")).to_have_count(0)
    act(samira, "Ma grille individuelle")
    assert [field.input_value() for field in notes_of(samira)] == ["6,5"] * 3 + ["7"] * 3
    samira.check("mec-grille-seule")
    open_in_intranet(samira, TITLE)
    hands_in(samira)
    samira.page.locator("summary", has_text="Claire Aubry").click()
    expect(samira.page.get_by_text("Conseil Sol – Prix : 8")).to_be_visible()
    samira.check("mec-grilles-remises")

    open_in_intranet(claire, TITLE)
    expect(waits).to_have_count(0)
    act(claire, "Arrêter les notes ensemble")
    expect(claire.page.get_by_text("Claire Aubry : 8 ; Samira Benali : 6,5").first).to_be_visible()
    assert [field.input_value() for field in notes_of(claire)] == ["7,25"] * 3 + ["6,5"] * 3
    claire.check("mec-notes-arretees")
    gives(claire, "7,5", "6,5", "Arrêter ces notes")
    chooses_the_second(claire)


def chooses_the_second(claire) -> None:
    """Retain the offer of rank 2: asked to confirm, with all that was typed."""
    page = claire.page
    act(claire, "Décider")
    page.get_by_label("Une offre est retenue").check()
    choice = page.get_by_label("Offre retenue")
    choice.select_option(label=choice.locator("option", has_text="rang 2").inner_text())
    page.get_by_label(re.compile(r"^\s*Commentaire\s*\*$")).fill("Plus près du terrain.")
    page.get_by_label("Motif, si elle n’est pas retenue : Conseil Sol").fill("Trop loin.")
    decide = page.get_by_role("button", name=re.compile("^Décider et prévenir"))
    decide.click()
    expect(page.get_by_role("alert")).to_contain_text(
        "L’offre d’Inès Morel est au rang 2, après celle de Conseil Sol."
    )
    expect(page.get_by_label("Motif, si elle n’est pas retenue : Conseil Sol")).to_have_value(
        "Trop loin."
    )
    claire.check("mec-decider-rang-2")
    page.get_by_label(re.compile("Je retiens l’offre d’Inès Morel")).check()
    decide.click()
    expect(page.get_by_text("Offre retenue : Inès Morel.")).to_be_visible()
    claire.check("mec-decidee-rang-2")


def test_a_file_that_is_joined_is_read_and_taken_back(visit):
    claire, paul = visit(), visit()
    page = claire.page
    claire.sign_in(CLAIRE)
    open_in_intranet(claire, "Trouver de nouvelles ressources")
    act(claire, "Joindre une pièce au dossier")
    page.get_by_label("Intitulé").fill("Règlement de la consultation")
    page.locator("input[type=file]").set_input_files(a_file("reglement.pdf", files.pdf(pages=20)))
    claire.check("mec-joindre")
    page.get_by_role("button", name="Joindre", exact=True).click()
    expect(page.get_by_text("La pièce est jointe.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"reglement\.pdf, [\d,]+\sko"))).to_be_visible()
    claire.check("mec-piece-jointe")
    paul.sign_in(PAUL)
    open_tender(paul, "Trouver de nouvelles ressources")
    link = paul.page.get_by_role("link", name=re.compile("Règlement de la consultation"))
    with paul.page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "reglement.pdf"
    paul.check("mec-piece-lue")
    page.get_by_role("button", name="Retirer Règlement de la consultation").click()
    expect(page.get_by_text("La pièce est retirée du dossier.")).to_be_visible()
    paul.page.reload()
    expect(link).to_have_count(0)
    expect(paul.page.get_by_text("Une pièce est retirée du dossier")).to_be_visible()
