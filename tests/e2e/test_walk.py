"""The slice that this platform is built on, walked in a browser by the people who use it.

A provider of two organisations edits a record, the referent moderates it, the provider is told,
the reports are published and the analyst reads the new figure.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.helpers.waiting import wait_until


pytestmark = pytest.mark.e2e


def test_a_change_goes_from_the_provider_to_the_analyst(site, visit):
    marina = visit()
    edit_record(marina)
    claire = visit()
    moderate(claire)
    read_the_decision(marina, site)
    site.manage("publish_reports")
    read_the_report(visit())


def edit_record(marina) -> None:
    """Sign in, choose a structure, change a free and a moderated field in one save."""
    marina.open("/")
    marina.check("connexion")
    marina.sign_in("marina@conseil-sol.example")
    expect(marina.page.get_by_role("heading", level=1)).to_have_text(
        "Au titre de quelle structure ?"
    )
    marina.check("structure")
    marina.page.get_by_label("Structure").select_option(label="Conseil Sol")
    marina.page.get_by_role("button", name="Valider").click()
    expect(marina.page.get_by_role("heading", level=1)).to_have_text("Bonjour Marina")
    marina.check("accueil")
    marina.page.goto(marina.site.url + "/mes-informations/structure/")
    marina.check("mes-informations-structure")
    page = marina.page
    page.get_by_label("Présentation").fill("Nous aidons les associations à décider ensemble.")
    page.get_by_label("Dénomination").fill("Conseil Sol SCOP")
    page.get_by_label("Code NAF").fill("8559a")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_label("Présentation")).to_have_value(
        "Nous aidons les associations à décider ensemble."
    )
    waiting = page.locator(".pending").filter(has_text="Conseil Sol SCOP")
    expect(waiting).to_contain_text("Affiché aujourd’hui : Conseil Sol")
    marina.check("mes-informations-en-attente")


def moderate(claire) -> None:
    """From the desk to the queue to the request: refuse one field, accept the other."""
    claire.sign_in("claire@dla-rhone.example")
    expect(claire.page).to_have_url(re.compile("/admin/$"))
    claire.check("bureau")
    claire.page.goto(claire.site.url + "/admin/moderation/demandes/")
    claire.check("file-de-moderation")
    claire.page.get_by_role("row").filter(has_text="Marina Vasseur").get_by_role(
        "link"
    ).first.click()
    page = claire.page
    claire.check("demande")
    name = page.get_by_role("row").filter(has_text="Conseil Sol SCOP")
    name.get_by_role("radio", name="Refuser").check()
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_text("Expliquez votre refus")).to_be_visible()
    name = page.get_by_role("row").filter(has_text="Conseil Sol SCOP")
    name.get_by_role("textbox").fill("Le registre dit Conseil Sol : joignez vos nouveaux statuts.")
    page.get_by_role("row").filter(has_text="85.59A").get_by_role("radio", name="Accepter").check()
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_text("est prévenu·e de votre décision")).to_be_visible()


def read_the_decision(marina, site) -> None:
    """The provider sees both decisions, a notification in words and a mail."""
    page = marina.page
    page.goto(site.url + "/")
    unread = page.get_by_role("banner").get_by_text(re.compile(r"\d notifications? non lue"))
    expect(unread).to_be_visible()
    page.goto(site.url + "/notifications/")
    marina.check("notifications")
    page.get_by_role("button", name=re.compile("^Claire Aubry a traité")).click()
    refused = page.get_by_role("row").filter(has_text="Conseil Sol SCOP")
    expect(refused).to_contain_text("refusée")
    expect(refused).to_contain_text("joignez vos nouveaux statuts")
    expect(page.get_by_role("row").filter(has_text="85.59A")).to_contain_text("acceptée")
    marina.check("demande-traitee")
    page.goto(site.url + "/mes-informations/structure/")
    expect(page.get_by_label("Dénomination")).to_have_value("Conseil Sol")
    expect(page.get_by_label("Code NAF")).to_have_value("85.59A")
    wait_until(
        lambda: (
            "Votre demande de modification a été traitée"
            in site.mails_to("marina@conseil-sol.example")
        ),
        "the mail to Marina",
        seconds=90,
    )


def read_the_report(analyst) -> None:
    """The analyst signs in on the site and reads the new figures in Datasette."""
    analyst.sign_in("analyste@ilo.example")
    expect(analyst.page).to_have_url(re.compile(re.escape(analyst.site.data_url)))
    analyst.check("rapports")
    analyst.open(analyst.site.data_url + "ilo/moderation_by_field")
    rows = analyst.page.get_by_role("row")
    for field, state in [("naf", "Acceptée"), ("name", "Refusée")]:
        decided = rows.filter(has_text=re.compile(rf"\b{field}\b")).filter(has_text=state)
        expect(decided).to_contain_text("1")
    analyst.check("rapport-moderation")
    analyst.open(analyst.site.data_url + "ilo/amounts_by_year")
    expect(analyst.page.get_by_role("img")).to_be_visible()
    analyst.check("rapport-montants")


def test_the_reports_are_closed_to_the_others(site, visit):
    """A visitor is led to the sign-in page, a provider is told that it is not for them."""
    visitor = visit()
    visitor.open(site.data_url + "ilo/moderation_by_field")
    expect(visitor.page).to_have_url(re.compile("/compte/connexion/"))
    visitor.page.get_by_label("Adresse électronique").fill("paul@conseil-sol.example")
    visitor.page.get_by_label("Mot de passe").fill("demo-ilo-2026")
    visitor.page.get_by_role("button", name="Se connecter").click()
    expect(visitor.page.get_by_text("Les rapports sont réservés")).to_be_visible()
    assert "moderation_by_field" not in visitor.page.content()
