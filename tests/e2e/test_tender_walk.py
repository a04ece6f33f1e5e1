"""A tender in five steps, on the cases of the demonstration: who may do what, by keyboard (T1–T14).

The demonstration has one tender in each phase; each test goes on from one of them.
"""

import re
import socket
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.test_documents import a_file
from tests.helpers import files
from tests.helpers.forms import multipart


pytestmark = pytest.mark.e2e

CLAIRE, PAUL = "claire@dla-rhone.example", "paul@conseil-sol.example"


def press(visitor, control) -> None:
    """Reach a control by the Tab key and press it."""
    visitor.tab_to(control)
    visitor.page.keyboard.press("Enter")


def open_tender(visitor, title: str) -> None:
    """A provider goes to a tender from the navigation."""
    visitor.page.goto(f"{visitor.site.url}/mises-en-concurrence/")
    visitor.page.get_by_role("link", name=re.compile(title)).first.click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(title)


def open_in_intranet(claire, title: str) -> None:
    """An officer goes to a tender from the list."""
    claire.open(f"/admin/mises-en-concurrence/?q={title.replace(' ', '+')}")
    claire.page.get_by_role("link", name=title).first.click()
    expect(claire.page.locator(".ilo-now")).to_be_visible()


def act(claire, label: str) -> None:
    """Open one of the acts of the page."""
    claire.page.locator(".ilo-acts").get_by_role("link", name=label, exact=True).click()


def give_notes(claire, label: str, button: str) -> None:
    """Fill a grid of notes, one's own or the one agreed, and hand it in."""
    act(claire, label)
    page = claire.page
    expect(page.get_by_role("button", name=button)).to_be_visible()
    page.wait_for_load_state()  # all that is counted below is there
    notes = page.locator("input[name^=note-]:not([type=hidden])")
    for number in range(notes.count()):
        notes.nth(number).fill("8" if number < 3 else "7,5")
    final = page.get_by_label(re.compile("Remettre ma grille"))
    if final.count():
        final.check()
    claire.check("mec-notes")
    page.get_by_role("button", name=button).click()
    expect(page.locator(".messages")).to_be_visible()


def test_a_provider_changes_its_mind_asks_and_takes_on(visit):
    paul = visit()
    page = paul.page
    paul.sign_in(PAUL)
    open_tender(paul, "Clarifier la gouvernance")
    paul.check("mec-reponse")
    expect(page.locator(".say")).to_contain_text("heure de Paris")
    press(paul, page.locator("summary", has_text="Décliner"))
    paul.tab_to(page.get_by_role("textbox", name=re.compile("pourquoi|Motif", re.IGNORECASE)))
    page.keyboard.type("Nous sommes complets.")
    press(paul, page.get_by_role("button", name="Décliner", exact=True))
    expect(page.get_by_text("votre structure ne participe pas")).to_be_visible()
    paul.check("mec-declinee")
    press(paul, page.get_by_role("button", name="Accepter de participer"))
    expect(page.get_by_text("Votre structure participe").first).to_be_visible()
    press(paul, page.get_by_role("button", name="Je m’en occupe"))
    expect(page.get_by_text("s’en occupe depuis")).to_be_visible()
    paul.check("mec-prise-en-charge")


def test_a_provider_deposits_changes_and_withdraws(visit):
    paul = visit()
    page = paul.page
    paul.sign_in(PAUL)
    open_tender(paul, "Trouver de nouvelles ressources")
    press(paul, page.get_by_role("link", name="Continuer mon offre"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre offre")
    expect(page.get_by_text("envoyé dès que vous le choisissez")).to_be_visible()
    paul.check("offre-brouillon")
    slot = page.locator("section.card").filter(
        has=page.get_by_role("heading", name=re.compile("Proposition financière"))
    )
    field, price = slot.locator("[type=file]"), page.get_by_label(re.compile("Prix"))
    paul.tab_to(field)
    with held_uploads(page):  # who goes on while a file is sent is not called back by its answer
        field.set_input_files(a_file("prix.pdf", files.pdf(pages=3)))
        expect(slot).to_contain_text("Envoi de prix.pdf")
        paul.tab_to(price)
    expect(slot.get_by_role("link", name="prix.pdf")).to_be_visible()
    expect(price).to_be_focused()
    price.fill("5 250,50")
    press(paul, page.get_by_role("button", name="Déposer mon offre"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Reçu")
    expect(page.locator("main")).to_contain_text(re.compile(r"5\s250,50\s€"))
    paul.check("offre-recu")
    open_tender(paul, "Trouver de nouvelles ressources")
    press(paul, page.get_by_role("link", name=re.compile("Lire l’offre déposée")))
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre offre déposée")
    paul.check("offre-deposee")
    press(paul, page.locator("summary", has_text="Retirer mon offre"))
    press(paul, page.get_by_role("button", name="Retirer mon offre"))
    expect(page.locator("main")).to_contain_text("Retrait, n° 2")
    press(paul, page.get_by_role("link", name="Retour à mon offre"))
    expect(page.get_by_text("Aucune offre déposée")).to_be_visible()
    paul.check("offre-retiree")


@contextmanager
def held_uploads(page):
    """Files chosen meanwhile reach the server only at the end."""
    held = []
    page.route("**/pieces/**", lambda route: held.append(route))
    yield
    for route in held:
        route.continue_()
    page.unroute("**/pieces/**")


def send_half_a_file(visitor, form) -> None:
    """Post what a form holds with half of a file, and close the connection as a browser does."""
    fields = form.evaluate("form => Object.fromEntries(new FormData(form))")
    fields.pop("file")
    cookies = "; ".join(
        f"{each['name']}={each['value']}" for each in visitor.page.context.cookies()
    )
    body, media_type = multipart(fields, files.pdf(pages=40), name="coupe.pdf")
    server = urlsplit(visitor.site.url)
    path = urlsplit(form.evaluate("form => form.action")).path
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {server.netloc}\r\nCookie: {cookies}\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((server.hostname, server.port), timeout=10) as connection:
        connection.sendall(head.encode() + body[: len(body) // 2])
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)  # the server has done with it


def test_a_browser_closed_during_an_upload_leaves_nothing(site, visit):
    """Half of a file arrives, then the connection ends: no file, no fault; the next one goes."""
    paul = visit()
    page = paul.page
    paul.sign_in(PAUL)
    open_tender(paul, "Trouver de nouvelles ressources")
    page.get_by_role("link", name=re.compile("mon offre")).first.click()
    slot = page.locator("section.card").filter(has=page.locator("[type=file]")).last
    expect(slot).to_be_visible()
    log = site.var / "serve.log"
    said = len(log.read_bytes())
    send_half_a_file(paul, slot.locator("form[data-upload]"))
    page.reload()
    expect(slot).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("coupe.pdf")
    slot.locator("[type=file]").set_input_files(a_file("entier.pdf", files.pdf(pages=4)))
    expect(slot).to_contain_text("entier.pdf")
    assert b"Traceback" not in log.read_bytes()[said:]
    assert not list((site.var / "files").glob("incoming/*"))
    page.get_by_label("Prix (€)").fill("3 210,00")
    slot.get_by_role("button", name="Retirer : entier.pdf").click()
    expect(page.get_by_text("« entier.pdf » est retiré du brouillon.")).to_be_visible()
    expect(slot).to_contain_text("Aucun fichier pour le moment.")
    expect(page.get_by_label("Prix (€)")).to_have_value("3 210,00")


def test_a_cooperator_reads_their_own_offer_and_not_their_colleagues(visit):
    leo = visit()
    leo.sign_in("leo@coop-atout.example")
    open_tender(leo, "Trouver de nouvelles ressources")
    expect(leo.page.get_by_text("Chaque coopérateur·rice dépose sa propre offre")).to_be_visible()
    expect(leo.page.locator("body")).not_to_contain_text(re.compile(r"4\s?950"))
    leo.check("mec-cooperateur")


def test_an_officer_opens_scores_and_decides_and_the_provider_reads_it(visit):
    claire, paul = visit(), visit()
    page = claire.page
    claire.sign_in(CLAIRE)
    open_in_intranet(claire, "Bâtir un plan de trésorerie")
    expect(page.locator(".ilo-now")).to_contain_text("2 offres déposées")
    expect(page.locator("body")).not_to_contain_text("4 950")
    claire.check("mec-a-ouvrir")
    act(claire, "Ouvrir les offres")
    claire.check("mec-ouvrir")
    page.get_by_role("button", name="Ouvrir toutes les offres").click()
    expect(page.get_by_text("Offres ouvertes le")).to_be_visible()
    claire.check("mec-ouverte")
    act(claire, "Ma déclaration d’intérêts")
    claire.check("mec-interets")
    page.get_by_label("Aucun conflit d’intérêts").check()
    page.get_by_role("button", name="Enregistrer ma déclaration").click()
    for label, button in (
        ("Ma grille individuelle", "Enregistrer mes notes"),
        ("Arrêter les notes ensemble", "Arrêter ces notes"),
    ):
        give_notes(claire, label, button)
    act(claire, "Décider")
    page.get_by_label("Une offre est retenue").check()
    choice = page.get_by_label("Offre retenue")
    named = choice.locator("option", has_text=re.compile("conseil sol", re.IGNORECASE))
    choice.select_option(label=named.inner_text())
    page.get_by_label(re.compile(r"^\s*Commentaire\s*\*$")).fill("Une méthode claire.")
    page.wait_for_load_state()
    for reason in page.locator("textarea[name^=reason-]").all():
        reason.fill("Moins de séances de travail.")
    claire.check("mec-decider")
    page.get_by_role("button", name=re.compile("^Décider et prévenir")).click()
    expect(page.get_by_text("La convention est en cours de signature.").first).to_be_visible()
    claire.check("mec-decidee")

    paul.sign_in(PAUL)
    open_tender(paul, "Bâtir un plan de trésorerie")
    expect(paul.page.get_by_text("Votre offre est retenue.")).to_be_visible()
    expect(paul.page.get_by_text("Une méthode claire.").first).to_be_visible()
    expect(paul.page.locator("body")).not_to_contain_text("Moins de séances")
    paul.check("mec-resultat")
