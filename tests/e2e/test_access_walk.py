"""How people get in: activation, the wrong link, the public request, the second factor (SPEC A)."""

import re

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import expect

from ilo_cms.referencing.forms import YOUNGEST
from tests.helpers.waiting import wait_until


pytestmark = pytest.mark.e2e


NEW_PASSWORD = "une pierre douce et ronde"


def test_a_migrated_contact_opens_their_account(site, visit):
    """The officer sends the link, the person spends it by the keyboard alone, once."""
    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    page = claire.page
    claire.open("/admin/contacts/?provider=true&access=Jamais%20invit%C3%A9%C2%B7e")
    claire.check("contacts-jamais-invites")
    page.locator("table.listing tbody a").first.click()
    page.goto(page.url.replace("/edit/", "/inspect/"))
    claire.check("contact-acces")
    address = page.locator("dd").filter(has_text="@").first.inner_text().strip()
    page.get_by_role("button", name="Envoyer le lien d’activation").click()
    expect(page.get_by_text("Lien envoyé le")).to_be_visible()
    page.reload()
    claire.check("contact-lien-envoye")
    link = site.link_to(address, "/compte/activation/")

    person = visit()
    person.open(link)
    person.check("activation")
    page = person.page
    person.tab_to(page.locator("input[type=password]").first)
    page.keyboard.type("court")
    page.keyboard.press("Tab")
    page.keyboard.type("court")
    page.keyboard.press("Enter")
    expect(page.get_by_text("trop court").first).to_be_visible()
    person.check("activation-refus")
    for field in page.locator("input[type=password]").all():
        field.fill(NEW_PASSWORD)
    person.tab_to(page.get_by_role("button", name="Ouvrir mon compte"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Bonjour"))
    person.check("premier-accueil")

    again = visit()
    again.open(link)
    expect(again.page.get_by_text("déjà ouvert")).to_be_visible()
    again.check("activation-deja-servie")


def test_a_stranger_asks_to_be_referenced_and_an_officer_answers(site, visit):
    """The public page lists who to call, takes a request and says what becomes of it."""
    stranger = visit()
    stranger.open("/referencement/?departement=69")
    expect(stranger.page.get_by_text("Claire Aubry")).to_be_visible()
    stranger.check("referencement")
    page = stranger.page
    page.get_by_role("button", name="Envoyer la demande").click()
    stranger.check("referencement-refus")
    form = page.locator("#demande")
    form.get_by_label("pour la première fois").check()
    form.get_by_label("SIREN de la structure").fill("000 123 455")
    form.get_by_label("Nom de la structure").fill("L’Étape")
    form.get_by_label("Votre nom").fill("O’Brien-Élie")
    form.get_by_label("Votre prénom").fill("Zoé")
    form.get_by_label("Adresse électronique").fill("Zoe.Obrien@etape.example")
    form.get_by_label("Votre fonction").fill("gérante")
    form.get_by_label("Département de la structure").select_option(label="69 · Rhône")
    form.get_by_label("Message", exact=True).fill("Bonjour, nous formons des bénévoles.")
    form.get_by_role("checkbox").check()
    # No person fills that in as fast as this walk, and the form knows it.
    wait_until(lambda: page.evaluate("performance.now()") > 1000 * YOUNGEST, "a person's time")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("C’est fait.")).to_be_visible()
    stranger.check("referencement-recu")

    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    claire.check("bureau-referencement")
    claire.page.get_by_role("link", name=re.compile("référencement")).first.click()
    claire.check("demandes-de-referencement")
    claire.page.get_by_role("link", name=re.compile("L’Étape|O’Brien")).first.click()
    claire.check("demande-de-referencement")
    claire.page.get_by_label("Suite donnée").fill("Structure à créer après échange.")
    claire.page.get_by_role("button", name="Marquer comme traitée").click()
    expect(claire.page.get_by_text("traitée").first).to_be_visible()


WITHOUT_FACTOR = """
from allauth.mfa.models import Authenticator
Authenticator.objects.filter(user__email="karim@dla-nord.example").delete()
"""


def test_an_officer_signs_in_with_a_second_factor(site, visit):
    """An application's code, then a passkey: both are added and asked for."""
    karim = visit()
    karim.sign_in("karim@dla-nord.example")
    karim.open("/compte/securite/")
    confirm_password(karim)
    karim.check("double-authentification")
    page = karim.page
    karim.open("/compte/securite/totp/activate/")
    confirm_password(karim)
    karim.check("application-d-authentification")
    page.get_by_label(re.compile("code", re.IGNORECASE)).fill(
        code_of(page.locator("code").inner_text())
    )
    page.get_by_role("button", name="Activer").click()
    karim.check("codes-de-secours")

    again = visit()
    again.sign_in("karim@dla-nord.example")
    again.check("second-facteur")
    expect(again.page.get_by_label(re.compile("code", re.IGNORECASE)).first).to_be_visible()
    site.manage("shell", "-c", WITHOUT_FACTOR)  # the walks that follow sign in by password alone


def confirm_password(visitor) -> None:
    """Give the password again where the page asks for it."""
    field = visitor.page.get_by_label("Mot de passe")
    if "/confirmation/" in visitor.page.url and field.count():
        visitor.check("confirmation-du-mot-de-passe")
        field.fill("demo-ilo-2026")
        visitor.page.get_by_role("button", name=re.compile("Confirmer|Continuer|Valider")).click()


def code_of(secret: str) -> str:
    """The six digits that an application would show now."""
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[0]))
