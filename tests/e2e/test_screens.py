"""Every screen of access, record, moderation, support and notifications, by one and the same walk.

Each one at 390 and at 1280 px: axe, nothing wider than the window (a table of Wagtail’s lists may
scroll in its box), no error, no other host, and the Tab key alone (tests/helpers/keyboard.py). A
screen is an address, or the way to it: "follow" is the link to open on that page.
"""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.helpers.keyboard import keyboard_faults


pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Screen:
    """One page: where it is, the link to follow from there, the other page of the same record."""

    path: str
    follow: str = ""
    page: str = ""


#: A record in one of Wagtail’s lists; `page="inspect"` then leads from its form to its reading.
ROW = "table.listing tbody a[href*='-']"
CONTACT = "/admin/contacts/?q=Morel"
READ = "inspect"

PUBLIC = [
    Screen("/compte/connexion/"),
    Screen("/compte/mot-de-passe/oublie/"),
    Screen("/compte/mot-de-passe/oublie/envoye/"),
    Screen("/compte/mot-de-passe/nouveau/1-jeton/"),
    Screen("/compte/activation/jeton/"),
    Screen("/compte/adresse/jeton/"),
    Screen("/compte/adresse/annuler/jeton/"),
    Screen("/compte/inscription/"),
    Screen("/referencement/"),
    Screen("/referencement/?departement=69"),
    Screen("/composants/"),
    Screen("/nulle-part/"),
]
PROVIDER = [
    Screen("/"),
    Screen("/structure/"),
    Screen("/mes-informations/"),
    Screen("/mes-informations/structure/"),
    Screen("/mes-informations/etablissement/"),
    Screen("/mes-informations/historique/"),
    Screen("/mes-informations/pieces/"),
    Screen("/mes-informations/anciennes-valeurs/"),
    Screen("/mes-informations/anciennes-valeurs/", "main a[href*='anciennes-valeurs/']"),
    Screen("/", "a[href*='/demandes/']"),
    Screen("/demandes/"),
    Screen("/mises-en-concurrence/"),
    Screen("/notifications/"),
    Screen("/assistance/"),
    Screen("/compte/mot-de-passe/"),
    Screen("/compte/securite/"),
    Screen("/compte/deconnexion/"),
]
LEFT = [
    Screen("/mes-informations/"),
    Screen("/mes-informations/structure/"),
    Screen("/mes-informations/etablissement/"),
    Screen("/mes-informations/pieces/"),
    Screen("/mes-informations/historique/"),
]
OFFICER = [
    Screen("/admin/"),
    Screen("/admin/prestataires/rechercher/"),
    Screen("/admin/moderation/demandes/"),
    Screen("/admin/moderation/demandes/", "table a[href*='/moderation/demandes/']"),
    Screen("/admin/moderation/demandes/tout-accepter/"),
    Screen("/admin/contacts/"),
    Screen(CONTACT, ROW),
    Screen(CONTACT, ROW, READ),
    Screen(CONTACT, ROW, "changer-de-structure"),
    Screen("/admin/structures/"),
    Screen("/admin/structures/?q=Atout", ROW, READ),
    Screen("/admin/etablissements/"),
    Screen("/admin/charges-d-accompagnement/"),
    Screen("/admin/charges-d-accompagnement/", ROW, READ),
    Screen("/admin/absences/"),
    Screen("/admin/absences/new/"),
    Screen("/admin/demandes-de-referencement/"),
    Screen("/admin/demandes-de-referencement/", ROW),
    Screen("/admin/notifications/"),
    Screen("/admin/account/"),
]
ADMINISTRATOR = [
    Screen("/admin/moderation/champs/"),
    Screen("/admin/activation-des-comptes/"),
    Screen("/admin/personnes/"),
    Screen("/admin/personnes/?q=Morel", ROW),
    Screen("/admin/personnes/?q=Morel", ROW, READ),
    Screen("/admin/charges-d-accompagnement/new/"),
    Screen("/admin/assistance/"),
    Screen(CONTACT, ROW, "assistance"),
    Screen("/admin/courriels/"),
    Screen("/admin/journal/"),
]
TENDERS = "/admin/mises-en-concurrence/"
TEAM = "/admin/accompagnements/?mine=true&open=true"
CALLS = [
    Screen(TENDERS),
    Screen("/admin/modeles-de-mise-en-concurrence/"),
    Screen(f"{TENDERS}preparer/"),
    Screen(TEAM, ROW, "mise-en-concurrence"),
    Screen(TEAM, ROW, "mise-en-concurrence-hors-plateforme"),
    *(
        Screen(f"{TENDERS}?phase=preparation", ROW, page)
        for page in ("", "modifier", "destinataires", "diffuser", "copier")
    ),
    *(
        Screen(f"{TENDERS}?phase=participation", ROW, page)
        for page in ("", "modifier-la-demande", "acte/echeances", "acte/annuler", "acte/piece")
    ),
    Screen(f"{TENDERS}?phase=depot", ROW),
    Screen(f"{TENDERS}?phase=annulee", ROW),
]
#: A link that serves no more answers so on purpose.
REFUSED = re.compile(r"status of (404|410)")


def test_pages_for_all(visit):
    visitor = visit()
    walk(visitor, "public", PUBLIC)


def test_the_pages_of_a_provider(visit):
    """With something in moderation: the request has its page, the form its notes."""
    provider = visit()
    provider.sign_in("ines@coop-atout.example")
    page = provider.page
    provider.open("/mes-informations/")
    page.get_by_label("Prénom").fill("Inès-Maud")
    page.get_by_role("button", name="Enregistrer").click()
    page.locator(".pending").first.wait_for()
    walk(provider, "prestataire", PROVIDER)


def test_the_pages_of_somebody_who_left(visit):
    marina = visit()
    marina.sign_in("marina@conseil-sol.example")
    choice = marina.page.get_by_label("Structure")
    left = choice.locator("option", has_text="lecture seule").inner_text()
    choice.select_option(label=left)
    marina.page.get_by_role("button", name="Valider").click()
    walk(marina, "quittee", LEFT)


def test_the_pages_of_an_officer(visit):
    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    walk(claire, "officier", OFFICER)


def test_the_tenders_of_an_officer(visit):
    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    walk(claire, "mises-en-concurrence", CALLS)


def test_the_pages_of_an_administrator(visit):
    admin = visit()
    admin.sign_in("admin@ilo.example")
    walk(admin, "administration", ADMINISTRATOR)


def walk(visitor, name: str, screens: list[Screen]) -> None:
    """Visit each screen; say everything that is wrong with all of them at once."""
    faults = []
    for number, screen in enumerate(screens, start=1):
        if not go(visitor, screen):
            faults.append(f"{screen}: nothing there to open")
            continue
        where = f"{name}-{number:02}"
        try:
            visitor.check(where)
        except AssertionError as fault:
            faults.append(f"{screen}: {fault}")
        for width in (1280, 390):  # the check ends wide, as the screen was loaded
            visitor.page.set_viewport_size({"width": width, "height": 900})
            if width == 390 and "/admin/" in visitor.page.url:  # Wagtail folds its menu at loading
                visitor.page.reload()
            faults += [f"{screen} at {width} px: {line}" for line in keyboard_faults(visitor.page)]
        visitor.page.set_viewport_size({"width": 1280, "height": 900})
        visitor.complaints[:] = [c for c in visitor.complaints if not REFUSED.search(c)]
        if visitor.complaints:
            faults.append(f"{screen}: {visitor.complaints}")
            visitor.complaints.clear()
    assert not faults, "\n".join(faults)


def go(visitor, screen: Screen) -> bool:
    """Open a screen, by its way; whether there was one."""
    visitor.open(screen.path)
    visitor.complaints[:] = [c for c in visitor.complaints if not REFUSED.search(c)]
    if not screen.follow:
        return True
    link = visitor.page.locator(screen.follow)
    if not link.count():
        return False
    open_other(visitor.page, visitor.site.url + link.first.get_attribute("href"), screen.page)
    return True


def open_other(page: Page, address: str, name: str) -> None:
    """Open a record’s own page, or another page of the same record."""
    if name:
        base, key = re.match(r"(.+?/)(?:(?:edit|inspect)/)?([0-9a-f-]{36})/", address).groups()
        address = f"{base}inspect/{key}/" if name == READ else f"{base}{key}/{name}/"
    page.goto(address)


@pytest.mark.parametrize(
    ("spoilt", "complaint"),
    [
        ("", ""),
        ('<button tabindex="-1">Non</button>', "not reached"),
        ('<button style="outline: none">Non</button>', "focus does not show"),
        ('<input onkeydown="event.preventDefault()">', "never comes back"),
    ],
)
def test_the_walk_sees_what_it_must(browser, spoilt, complaint):
    page = browser.new_page()
    page.set_content(f'<a href="#a">A</a> <input type="radio" name="r">{spoilt}')
    found = "\n".join(keyboard_faults(page))
    page.close()
    assert complaint in found if complaint else not found
