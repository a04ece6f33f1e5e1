"""The officer's week: an absence, the moderated list, a whole queue accepted at once (SPEC M)."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect


pytestmark = pytest.mark.e2e


def test_an_officer_enters_an_absence_and_accepts_a_queue(site, visit):
    """A deputy decides during the absence; the rest of the queue is accepted in one go."""
    asker = visit()
    asker.sign_in("ines@coop-atout.example")
    page = asker.page
    asker.open("/mes-informations/")
    page.get_by_label("Prénom").fill("Inès-Zoé")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".pending")).to_contain_text("Inès-Zoé")
    page.get_by_role("link", name=re.compile("Retirer la demande")).click()
    asker.check("demande-deposee")

    admin = visit()
    admin.sign_in("admin@ilo.example")
    admin.open("/admin/moderation/champs/")
    admin.check("champs-moderes")
    row = admin.page.get_by_role("row").filter(has_text="Site internet")
    row.get_by_role("button").click()
    expect(admin.page.get_by_role("row").filter(has_text="Site internet")).to_contain_text("relu")
    admin.check("champ-modere")
    admin.page.get_by_role("row").filter(has_text="Site internet").get_by_role("button").click()

    claire = visit()
    claire.sign_in("claire@dla-rhone.example")
    page = claire.page
    claire.open("/admin/moderation/demandes/")
    claire.check("file")
    page.get_by_role("link", name=re.compile("Tout accepter")).click()
    claire.check("tout-accepter")
    page.get_by_role("button", name=re.compile("^Accepter")).click()
    expect(page.get_by_text(re.compile("accept")).first).to_be_visible()
    claire.check("tout-est-accepte")

    claire.open("/admin/absences/")
    claire.check("absences")
    claire.open("/admin/absences/new/")
    claire.check("absence")
    today = date.today()  # noqa: DTZ011  what a person types
    page.get_by_label("Premier jour").fill(f"{today:%d/%m/%Y}")
    page.get_by_label("Dernier jour").fill(f"{today - timedelta(days=1):%d/%m/%Y}")
    page.keyboard.press("Tab")
    page.get_by_role("button", name=re.compile("^Enregistrer|^Ajouter|^Créer")).first.click()
    expect(page.get_by_text("ne peut pas précéder")).to_be_visible()
    claire.check("absence-refus")
