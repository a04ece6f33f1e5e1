"""Sending, refusing, replacing and removing a file in a browser, by keyboard, with the script."""

import re

import pytest
from playwright.sync_api import expect

from tests.helpers import files


pytestmark = pytest.mark.e2e


def a_file(name: str, content: bytes) -> dict:
    """A file as the browser's window would choose it."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_a_file_goes_up_as_soon_as_it_is_chosen(site, visit):
    paul = visit()
    paul.sign_in("paul@conseil-sol.example")
    page = paul.page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bonjour")
    paul.open("/mes-informations/")
    page.get_by_role("link", name="Lire et déposer les pièces jointes").click()
    slot = page.locator("#piece-cv")
    expect(slot).to_contain_text("Aucune pièce jointe transmise pour le moment.")
    paul.check("pieces-vides")

    paul.tab_to(slot.get_by_label("Choisir un fichier"))
    slot.get_by_label("Choisir un fichier").set_input_files(a_file("cv.pdf", b"<html>Non</html>"))
    expect(slot.locator(".errorlist")).to_contain_text("son contenu est autre chose")
    paul.check("piece-refusee")

    slot.get_by_label("Choisir un fichier").set_input_files(a_file("cv.pdf", files.pdf()))
    expect(slot.get_by_role("status")).to_have_text("Votre fichier est enregistré.")
    expect(slot.get_by_role("link", name=re.compile(r"^cv\.pdf"))).to_be_visible()
    expect(slot.get_by_label("Choisir un autre fichier")).to_be_focused()
    paul.check("piece-recue")

    newer = a_file("cv-2026.pdf", files.pdf(pages=2))
    slot.get_by_label("Choisir un autre fichier").set_input_files(newer)
    expect(slot.get_by_role("link", name="cv-2026.pdf")).to_be_visible()
    expect(slot.get_by_role("link", name=re.compile(r"^cv\.pdf"))).to_have_count(0)
    with page.expect_download() as saved:
        slot.get_by_role("link", name="cv-2026.pdf").click()
    assert saved.value.suggested_filename == "cv-2026.pdf"
    assert saved.value.path().read_bytes() == files.pdf(pages=2)

    slot.get_by_label("Choisir un autre fichier").set_input_files(a_file("vide.pdf", b""))
    expect(slot.locator(".errorlist")).to_contain_text("est vide")
    slot.get_by_label("Choisir un autre fichier").set_input_files(
        a_file("gros.pdf", bytes(11 << 20))
    )
    expect(slot.get_by_role("alert")).to_contain_text("dépasse 10")
    expect(slot.locator(".wrong .errorlist")).to_have_count(1)  # and not of the file chosen before
    field = slot.get_by_label("Choisir un autre fichier")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("dépasse 10"))
    paul.check("piece-trop-grande")

    paul.tab_to(slot.get_by_role("button", name="Retirer"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Le fichier est retiré de votre fiche.")).to_be_visible()
    paul.check("piece-retiree")


def test_without_scripts_a_button_sends_the_file(site, visit):
    paul = visit(java_script_enabled=False)
    paul.sign_in("paul@conseil-sol.example")
    paul.open("/mes-informations/pieces/")
    slot = paul.page.locator("#piece-kbis")
    slot.get_by_label("Choisir un fichier").set_input_files(a_file("kbis.pdf", files.pdf(pages=3)))
    slot.get_by_role("button", name="Ajouter").click()
    expect(paul.page.get_by_text("Votre fichier est enregistré.")).to_be_visible()
    expect(slot.get_by_role("link", name="kbis.pdf")).to_be_visible()


def test_a_session_that_ends_meanwhile_is_said(site, visit):
    paul = visit()
    paul.sign_in("paul@conseil-sol.example")
    paul.open("/mes-informations/pieces/")
    paul.page.context.clear_cookies()
    slot = paul.page.locator("#piece-plaquette")
    slot.get_by_label("Choisir un fichier").set_input_files(a_file("p.pdf", files.pdf(pages=4)))
    expect(slot.get_by_role("alert")).to_contain_text("Rechargez")


def test_a_file_waits_by_itself_while_others_are_checked(site, visit):
    paul = visit()
    paul.sign_in("paul@conseil-sol.example")
    page, busy = paul.page, []

    def first_busy(route):
        if route.request.method != "POST" or busy:
            route.continue_()
            return
        busy.append(True)
        route.fulfill(status=429, content_type="application/json", body='{"said": "", "html": "x"}')

    paul.open("/mes-informations/pieces/")
    page.route("**/mes-informations/pieces/", first_busy)
    slot = page.locator("#piece-plaquette")
    slot.get_by_label("Choisir un fichier").set_input_files(a_file("p.pdf", files.pdf(pages=5)))
    expect(slot.get_by_role("status")).to_contain_text("en cours de vérification")
    expect(slot.get_by_role("link", name="p.pdf")).to_be_visible()
    assert busy
    slot.get_by_role("button", name="Retirer").click()
    expect(page.get_by_text("Le fichier est retiré de votre fiche.")).to_be_visible()
