"""A meeting from its proposal to its cancellation: officer, provider, beneficiary (SPEC E8)."""

import re
import urllib.request

import icalendar
import pytest
from playwright.sync_api import Page, expect

from tests.helpers.waiting import wait_until


pytestmark = pytest.mark.e2e

TITLE = "Restitution du diagnostic"
#: Mondays to come, far from the clock changes.
DAYS = ["2028-02-07", "2028-02-14"]


def calendars(site, address: str) -> list[icalendar.Calendar]:
    """The calendars mailed to an address about this meeting, oldest first."""
    found = []
    for message in site.messages_to(address):
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                found.append(icalendar.Calendar.from_ical(part.get_content()))
    return [each for each in found if each.events[0]["SUMMARY"] == TITLE]


def mailed(site, address: str, number: int) -> icalendar.Calendar:
    """The calendar of this number; waits for its mail."""
    wait_until(lambda: len(calendars(site, address)) >= number, "a calendar by mail", seconds=90)
    return calendars(site, address)[number - 1]


def choose(page: Page, slot: str, choice: str) -> None:
    """Answer for one slot."""
    page.get_by_role("group", name=slot).get_by_label(choice, exact=True).check()


def propose(officer) -> str:
    """Propose the meeting for the Jardins partagés; returns the address of its page."""
    page = officer.page
    officer.open("/admin/accompagnements/?q=jardins")
    page.get_by_role("link", name=re.compile("Mise en œuvre")).first.click()
    key = re.search(r"[0-9a-f-]{36}", page.url)[0]
    officer.open("/admin/rendez-vous/")
    officer.check("rendez-vous-liste")
    page.get_by_role("link", name="Proposer un rendez-vous").click()
    officer.check("rendez-vous-choix")
    officer.open(f"/admin/accompagnements/{key}/rendez-vous/")
    officer.check("rendez-vous-proposer")
    page.get_by_role("button", name="Proposer le rendez-vous").click()
    expect(page.get_by_role("alert").first).to_contain_text("n’est pas proposé")
    officer.check("rendez-vous-proposer-refus")
    page.get_by_label("Objet").fill(TITLE)
    page.get_by_label("Lieu ou lien").fill("Maison des associations, Lyon")
    for number, day in enumerate(DAYS, start=1):
        slot = page.get_by_role("group", name=f"Créneau {number}")
        slot.get_by_label("Jour").fill(day)
        slot.get_by_label(re.compile("^De")).fill("10:00")
        slot.get_by_label(re.compile("^À")).fill("11:30")
    for name in ("Jeanne", "Marina"):
        page.get_by_label(re.compile(rf"{name} .*, ")).first.check()
    page.get_by_role("button", name="Proposer le rendez-vous").click()
    expect(page.get_by_text("est proposé aux personnes choisies")).to_be_visible()
    officer.check("rendez-vous-propose")
    return page.url


def answer_without_javascript(provider) -> None:
    """Say of the first slot yes, of the second no."""
    page = provider.page
    page.get_by_label("Structure").select_option(label="Conseil Sol")
    page.get_by_role("button", name=re.compile("valider", re.IGNORECASE)).click()
    page.get_by_role("link", name=f"Répondre : {TITLE}").click()
    choose(page, "07/02/2028", "Oui")
    choose(page, "14/02/2028", "Non")
    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_text("Vos réponses sont transmises")).to_be_visible()


def answer(beneficiary) -> None:
    """From the list to the page; an empty form first, then one answer."""
    page = beneficiary.page
    page.get_by_role("navigation", name="Principale").get_by_role(
        "link", name="Rendez-vous"
    ).click()
    beneficiary.check("rendez-vous-extranet")
    page.get_by_role("link", name=f"Voir le rendez-vous : {TITLE}").click()
    beneficiary.check("rendez-vous-reponse")
    page.get_by_role("button", name="Envoyer mes réponses").click()
    beneficiary.check("rendez-vous-reponse-refus")
    choose(page, "07/02/2028", "Si besoin")
    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_role("cell", name="Si besoin")).to_be_visible()
    beneficiary.check("rendez-vous-repondu")


def titles_of_calendar(beneficiary) -> list[str]:
    """Make the secret address, and read there what a calendar program would."""
    page = beneficiary.page
    beneficiary.open("/compte/agenda/")
    beneficiary.check("agenda")
    page.get_by_role("button", name="Créer mon adresse").click()
    beneficiary.check("agenda-adresse")
    address = page.get_by_label(re.compile("À copier")).input_value()
    with urllib.request.urlopen(address) as found:  # noqa: S310  the site of this test
        return [event["SUMMARY"] for event in icalendar.Calendar.from_ical(found.read()).events]


def test_a_meeting_from_proposal_to_cancellation(site, visit):
    """An officer proposes, both sides answer, a date is fixed, then given up."""
    officer, beneficiary = visit(), visit()
    officer.sign_in("claire@dla-rhone.example")
    meeting = propose(officer)
    provider = visit(java_script_enabled=False)
    provider.sign_in("marina@conseil-sol.example")
    answer_without_javascript(provider)
    beneficiary.sign_in("jeanne@jardins-partages.example")
    answer(beneficiary)

    officer.open(meeting)
    page = officer.page
    officer.check("rendez-vous-reponses")
    page.get_by_role("radio", name="07/02/2028 de 10:00 à 11:30").check()
    page.get_by_role("button", name="Fixer cette date").click()
    expect(page.get_by_text("La date est fixée")).to_be_visible()
    officer.check("rendez-vous-fixe")
    asked = mailed(site, "jeanne@jardins-partages.example", 1)
    assert asked["METHOD"] == "REQUEST" and asked.events[0]["SEQUENCE"] == 1

    titles = titles_of_calendar(beneficiary)
    assert TITLE in titles and "Lancement de la mise en œuvre" in titles

    page = officer.page
    page.get_by_label(re.compile("Motif")).fill("La salle n’est plus libre.")
    page.get_by_role("button", name="Annuler le rendez-vous").click()
    expect(page.get_by_text("Le rendez-vous est annulé.")).to_be_visible()
    officer.check("rendez-vous-annule")
    dropped = mailed(site, "jeanne@jardins-partages.example", 2)
    assert dropped["METHOD"] == "CANCEL" and dropped.events[0]["UID"] == asked.events[0]["UID"]
    beneficiary.open(meeting.replace("/admin/rendez-vous/inspect", "/rendez-vous"))
    expect(beneficiary.page.get_by_text("La salle n’est plus libre.")).to_be_visible()
    beneficiary.check("rendez-vous-annule-extranet")
