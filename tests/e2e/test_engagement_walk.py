"""The whole path of a beneficiary, in the words of docs/guides/parcours-beneficiaire.md (SPEC E).

An officer leads, a provider and a beneficiary take part; every act is done by the keyboard. At the
end each of them sees what is theirs, at both widths, and people from elsewhere see nothing of it.
"""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import SETTLED
from tests.e2e.test_documents import a_file
from tests.helpers import files
from tests.helpers.keyboard import keyboard_faults
from tests.helpers.waiting import wait_until


pytestmark = pytest.mark.e2e

SIREN = "000 829 499"  # Les Jardins partagés
UNKNOWN_SIREN = "000 123 455"
TITLE = "Ouvrir un atelier de réparation"
WORK = "Organiser la gouvernance de l’atelier"
LATER = "Chercher des financements pour l’atelier"
ADVICE = "Relire le règlement de l’atelier"
MEETING = "Lancement de l’atelier"
FOR_PROVIDER = "Trame de gouvernance"
FOR_BENEFICIARY = "Charte des bénévoles"
FOR_TEAM = "Notes de cadrage"
DELIVERABLE = "Compte rendu du premier atelier"
MISTAKE = "Budget d’un autre dossier"
ASKED = "Attestation sur l’honneur"
REPLY = "Merci, nous garderons cette méthode."
AMOUNT = "3 200,50 €"
TODAY = date.today()  # noqa: DTZ011  what a person types


# --- the hands ----------------------------------------------------------------------------------


def press(visitor, control: Locator) -> None:
    """Reach a control by the Tab key and press it."""
    visitor.tab_to(control)
    visitor.page.keyboard.press("Enter")


def button(visitor, name: str | re.Pattern) -> None:
    """Press the button of this name."""
    press(visitor, visitor.page.get_by_role("button", name=name).first)


def link(visitor, name: str | re.Pattern) -> None:
    """Follow the link of this name."""
    press(visitor, visitor.page.get_by_role("link", name=name).first)


def type_in(visitor, label: str | re.Pattern, text: str) -> None:
    """Reach a field and type, in place of what it holds."""
    visitor.tab_to(visitor.page.get_by_label(label).first)
    visitor.page.keyboard.press("Control+A")
    visitor.page.keyboard.type(text)


def pick(visitor, label: str | re.Pattern, option: str) -> None:
    """Reach a list and type the beginning of a choice."""
    field = visitor.page.get_by_label(label).first
    visitor.tab_to(field)
    visitor.page.keyboard.type(option)
    expect(field.locator("option:checked")).to_have_text(re.compile("^" + re.escape(option)))


def set_day(place: Page | Locator, visitor, label: str, day: date) -> None:
    """Reach a date; its own three stops are the browser's, so it is filled whole."""
    field = place.get_by_label(label).first
    visitor.tab_to(field)
    field.fill(f"{day:%Y-%m-%d}")


def tick(visitor, control: Locator) -> None:
    """Reach a box and tick it with the space bar."""
    visitor.tab_to(control)
    visitor.page.keyboard.press("Space")
    expect(control).to_be_checked()


def choose(visitor, group: Locator, choice: Locator) -> None:
    """Reach a group of radio buttons, and go to a choice with the arrows."""
    checked = group.locator("[type=radio]:checked")
    visitor.tab_to(checked if checked.count() else group.get_by_role("radio").first)
    visitor.page.keyboard.press("Space")
    for _ in range(group.get_by_role("radio").count()):
        if choice.is_checked():
            return
        visitor.page.keyboard.press("ArrowDown")
    expect(choice).to_be_checked()


def look(visitor, name: str) -> None:
    """This page has no fault for axe nor for either width; in the extranet, nor for the Tab key.

    An officer's pages have hundreds of controls; those that serve are reached by Tab all the same.
    """
    visitor.check(f"parcours-{name}")
    if "/admin/" not in visitor.page.url:
        faults = keyboard_faults(visitor.page)
        assert not faults, f"{name}: {faults}"


def done(visitor, words: str) -> None:
    """The page says so, and has come whole: what is counted next is all there."""
    expect(visitor.page.get_by_text(words).first).to_be_visible()
    visitor.page.wait_for_load_state()


# --- what the officer does ----------------------------------------------------------------------


def open_engagement(claire) -> str:
    """By a SIREN: an unknown one asks for a name, a known one is enough. Returns the page."""
    claire.open("/admin/accompagnements/")
    link(claire, "Ouvrir un accompagnement")
    type_in(claire, "SIREN du bénéficiaire", UNKNOWN_SIREN)
    type_in(claire, "Intitulé de l’accompagnement", TITLE)
    button(claire, "Ouvrir l’accompagnement")
    done(claire, "Aucune structure de l’annuaire n’a ce SIREN.")
    look(claire, "ouvrir-siren-inconnu")
    type_in(claire, "SIREN du bénéficiaire", SIREN)
    button(claire, "Ouvrir l’accompagnement")
    done(claire, f"« {TITLE} » est ouvert.")
    expect(claire.page.get_by_role("link", name="Les Jardins partagés")).to_be_visible()
    return claire.page.url


def pass_stages(claire) -> None:
    """Three buttons, three stages."""
    for stage in ("Diagnostic partagé", "Construction du plan d’accompagnement", "Mise en œuvre"):
        button(claire, re.compile(f"Passer aujourd’hui à .*{stage}"))
        done(claire, "Étape enregistrée.")
        expect(claire.page.locator("[aria-current=step]")).to_contain_text(stage)


def add_to_plan(claire, kind: str, label: str) -> None:
    """One line of the plan."""
    link(claire, "Ajouter une action ou une prestation")
    pick(claire, "Type", kind)
    type_in(claire, "Libellé", label)
    if label == WORK:
        set_day(claire.page, claire, "Début", TODAY)
        set_day(claire.page, claire, "Fin", TODAY + timedelta(days=30))
    button(claire, "Ajouter")
    done(claire, "Action ajoutée.")


def find(claire, name: str, what: str, found: str) -> None:
    """In Wagtail’s window of choices: search, then take what is found."""
    button(claire, name)
    window = claire.page.get_by_role("dialog")
    search = window.get_by_label("Rechercher")
    expect(search).to_be_visible()
    inside = "window => window.contains(document.activeElement)"
    wait_until(lambda: window.evaluate(inside), "the focus")  # taken when it has come in
    claire.tab_to(search)
    with claire.page.expect_response(lambda response: "q=" in response.url) as answer:
        claire.page.keyboard.insert_text(what)
    answer.value.finished()  # what stood there before would vanish under the key
    claire.page.evaluate(SETTLED)
    press(claire, window.get_by_role("link", name=found, exact=True).first)
    expect(window).to_have_count(0)


def engage(claire) -> None:
    """Who, for how much; then bound."""
    link(claire, f"Modifier : {WORK}")
    find(claire, "Choisir une structure", "Conseil Sol", "Conseil Sol")
    find(claire, "Choisir un contact", "Vasseur", "Marina Vasseur (Conseil Sol)")
    type_in(claire, re.compile("Montant"), "3200,50")
    type_in(claire, re.compile("Jours"), "4")
    look(claire, "prestation")
    button(claire, "Enregistrer")
    button(claire, f"Engager : {WORK}")
    done(claire, f"« {WORK} » : engagée.")


def name_contact(claire) -> None:
    """Whom the provider may call at the beneficiary’s."""
    link(claire, "Ajouter un·e interlocuteur·rice")
    pick(claire, "Personne", "Jeanne Perrin")
    button(claire, "Ajouter")
    done(claire, "Interlocuteur·rice ajouté·e.")


def propose(claire) -> None:
    """Two dates, to the provider’s person and the beneficiary’s."""
    link(claire, "Proposer un rendez-vous")
    type_in(claire, "Objet", MEETING)
    type_in(claire, "Lieu ou lien", "Maison des associations, Lyon")
    for number, day in enumerate((date(2028, 2, 7), date(2028, 2, 14)), start=1):
        slot = claire.page.get_by_role("group", name=f"Créneau {number}")
        set_day(slot, claire, "Jour", day)
        for label, hour in ((re.compile("^De"), "10:00"), (re.compile("^À"), "11:30")):
            claire.tab_to(slot.get_by_label(label))
            slot.get_by_label(label).fill(hour)
    for name in ("Marina", "Jeanne"):
        tick(claire, claire.page.get_by_label(re.compile(rf"{name} .*, ")).first)
    look(claire, "rendez-vous")
    button(claire, "Proposer le rendez-vous")
    done(claire, "est proposé aux personnes choisies")


def share(claire, title: str, party: str = "") -> None:
    """One note, for a party or for the team alone."""
    link(claire, "Ajouter une ressource")
    type_in(claire, "Intitulé", title)
    type_in(claire, "ou note", "À lire avant de commencer.")
    if party:
        tick(claire, claire.page.get_by_label(f"{party} ("))
    button(claire, "Ajouter")
    done(claire, "Ressource ajoutée.")


def ask(claire) -> None:
    """One document, of the provider."""
    link(claire, "Demander des pièces")
    house = claire.page.get_by_role("group", name="À qui")
    choose(claire, house, house.get_by_label("Conseil Sol", exact=True))
    tick(claire, claire.page.get_by_label(ASKED))
    set_day(claire.page, claire, "À envoyer avant le", TODAY + timedelta(days=12))
    look(claire, "demander")
    button(claire, "Envoyer la demande")
    done(claire, "Demande envoyée à")


def accept(claire, engagement: str) -> None:
    """What was sent is good."""
    claire.open(engagement)
    link(claire, re.compile("Conseil Sol, avant le"))
    row = claire.page.get_by_role("row").filter(has_text=ASKED)
    choose(claire, row, row.get_by_role("radio", name="Accepter"))
    look(claire, "decider")
    button(claire, "Enregistrer la décision")
    done(claire, "Décision enregistrée")


def fix_meeting(claire, engagement: str) -> None:
    """The first date suits both."""
    claire.open(engagement)
    link(claire, MEETING)
    slots = claire.page.get_by_role("group", name="Créneau retenu")
    choose(claire, slots, slots.get_by_label("07/02/2028 de 10:00 à 11:30"))
    button(claire, "Fixer cette date")
    done(claire, "La date est fixée")


def complete_and_evaluate(claire, engagement: str) -> None:
    """The work is done, its evaluation is shared with who did it."""
    claire.open(engagement)
    button(claire, f"Déclarer réalisée : {WORK}")
    done(claire, f"« {WORK} » : réalisée.")
    link(claire, re.compile(f"Évaluer .*{WORK}"))
    done(claire, "Votre évaluation porte sur cette prestation")
    for group in claire.page.get_by_role("group").all():
        choose(claire, group, group.get_by_role("radio").first)
    look(claire, "evaluer")
    button(claire, "Terminer l’évaluation")
    done(claire, "L’évaluation est terminée.")
    button(claire, "Partager avec le prestataire")
    done(claire, "Partagée le")


def ask_opinion(claire, engagement: str) -> None:
    """The beneficiary gives its view of the present stage."""
    claire.open(engagement)
    link(claire, "Demander l’avis du bénéficiaire")
    tick(claire, claire.page.get_by_label(re.compile("Jeanne Perrin")))
    button(claire, "Envoyer le formulaire")
    done(claire, "Une personne est invitée à répondre.")


# --- what the two others do ---------------------------------------------------------------------


def arrive(visitor, email: str) -> None:
    """Sign in, and act for Conseil Sol where there is a choice."""
    visitor.sign_in(email)
    if "/structure/" in visitor.page.url:
        pick(visitor, "Structure", "Conseil Sol")
        button(visitor, re.compile("valider", re.IGNORECASE))
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Bonjour")


def answer_meeting(visitor, choice: str) -> None:
    """From the home page to the slots."""
    visitor.open("/")
    link(visitor, f"Répondre : {MEETING}")
    done(visitor, "Vous pouvez changer d’avis")
    for slot in visitor.page.get_by_role("group").all():
        choose(visitor, slot, slot.get_by_label(choice, exact=True))
    look(visitor, f"repondre-{choice}")
    button(visitor, "Envoyer mes réponses")
    done(visitor, "Vos réponses sont transmises")


def send_document(marina) -> None:
    """The document asked for, from the home page."""
    marina.open("/")
    entry = marina.page.locator(".tasks > li").filter(has_text=ASKED)
    press(marina, entry.get_by_role("link", name="Voir la demande"))
    row = marina.page.locator("section.card").filter(
        has=marina.page.get_by_role("heading", name=ASKED)
    )
    marina.tab_to(row.locator("[type=file]"))
    row.locator("[type=file]").set_input_files(a_file("attestation.pdf", files.pdf(pages=3)))
    expect(row.get_by_role("status")).to_contain_text("prêt à envoyer")
    look(marina, "piece")
    button(marina, "Envoyer les pièces jointes")
    done(marina, "1 réponse est envoyée")


def deposit(marina, address: str) -> None:
    """What was made, shared and taken back: the officer reads it first. A mistake is withdrawn."""
    marina.open(f"{address}documents/")
    type_in(marina, "Intitulé", DELIVERABLE)
    type_in(marina, "ou note", "Trois décisions, à relire par le bureau.")
    button(marina, "Déposer")
    done(marina, f"Dépôt enregistré : « {DELIVERABLE} ».")
    button(marina, f"Partager avec Les Jardins partagés : {DELIVERABLE}")
    done(marina, f"Partage avec Les Jardins partagés enregistré : « {DELIVERABLE} ».")
    button(marina, f"Ne plus partager avec Les Jardins partagés : {DELIVERABLE}")
    done(marina, f"Partage avec Les Jardins partagés terminé : « {DELIVERABLE} ».")
    type_in(marina, "Intitulé", MISTAKE)
    type_in(marina, "ou note", "Déposé au mauvais endroit.")
    button(marina, "Déposer")
    done(marina, f"Dépôt enregistré : « {MISTAKE} ».")
    press(marina, marina.page.locator("summary").filter(has_text=MISTAKE))
    look(marina, "depot")
    type_in(marina, f"Motif du retrait : {MISTAKE}", "Erreur de dossier.")
    button(marina, f"Retirer définitivement : {MISTAKE}")
    done(marina, f"plus personne ne lit « {MISTAKE} »")


def read_evaluation(marina) -> None:
    """Read, mark, reply once."""
    marina.open("/")
    entry = marina.page.locator(".tasks > li").filter(has_text=WORK)
    press(marina, entry.get_by_role("link", name="Lire"))
    done(marina, "porte sur cette prestation")
    button(marina, "Marquer comme lue")
    done(marina, "Marquée comme lue le")
    type_in(marina, "Votre réponse", REPLY)
    button(marina, "Envoyer la réponse")
    done(marina, REPLY)
    look(marina, "evaluation")


def give_opinion(jeanne) -> None:
    """The form, from the home page."""
    jeanne.open("/")
    entry = jeanne.page.locator(".tasks > li").filter(has_text=f"{TITLE} : étape « Mise en œuvre »")
    press(jeanne, entry.get_by_role("link", name="Répondre"))
    done(jeanne, "Vos réponses sont envoyées en une fois")
    for group in jeanne.page.get_by_role("group").all():
        choose(jeanne, group, group.get_by_role("radio").last)
    look(jeanne, "avis")
    button(jeanne, "Envoyer mes réponses")
    done(jeanne, "Vous avez répondu")


# --- what each of them sees ---------------------------------------------------------------------


def plain(text: str) -> str:
    """A text with plain spaces."""
    return re.sub(r"\s+", " ", text)


def texts(visitor, addresses: list[str], width: int) -> str:
    """All that these pages show at one width."""
    visitor.page.set_viewport_size({"width": width, "height": 900})
    found = []
    for address in addresses:
        visitor.open(address)
        found.append(visitor.page.locator("main").inner_text())
    return plain(" ".join(found))


def sees(visitor, addresses: list[str], there: set[str], absent: set[str]) -> None:
    """These things and not those, at both widths."""
    for width in (390, 1280):
        text = texts(visitor, addresses, width)
        missing = {thing for thing in there if thing not in text}
        assert not missing, f"{width} px: {missing} in {text}"
        too_much = {thing for thing in absent if thing in text}
        assert not too_much, f"{width} px: {too_much}"


def tabs(address: str) -> list[str]:
    """The four pages of an engagement."""
    return [address, *(f"{address}{name}/" for name in ("contacts", "rendez-vous", "documents"))]


def finds_nothing(stranger, addresses: list[str]) -> None:
    """No page names it, and each address answers that there is no such thing."""
    stranger.open("/")
    assert TITLE not in stranger.page.content() and WORK not in stranger.page.content()
    for address in addresses:
        answer = stranger.page.request.get(stranger.site.url + address)
        assert answer.status == 404, f"{address}: {answer.status}"
        assert TITLE not in answer.text() and WORK not in answer.text()


def knows_that_it_exists(karim, engagement: str) -> None:
    """An officer elsewhere: label, beneficiary, status, dates, and no more (SPEC A10)."""
    karim.open("/admin/prestations/?q=atelier")
    expect(karim.page.get_by_role("row").filter(has_text=WORK)).to_contain_text("Réalisée")
    assert AMOUNT not in plain(karim.page.content())
    karim.open(engagement)
    text = plain(karim.page.locator("main").inner_text())
    assert TITLE in text
    inside = {LATER, ADVICE, FOR_TEAM, FOR_PROVIDER, DELIVERABLE, ASKED, AMOUNT, "Marina Vasseur"}
    assert not {thing for thing in inside if thing in text}


def prepare(claire) -> str:
    """Everything that the officer does before the others come; returns the engagement’s page."""
    engagement = open_engagement(claire)
    pass_stages(claire)
    add_to_plan(claire, "Prestation de conseil", WORK)
    add_to_plan(claire, "Prestation de conseil", LATER)
    add_to_plan(claire, "Expertise", ADVICE)
    engage(claire)
    name_contact(claire)
    look(claire, "accompagnement")
    share(claire, FOR_PROVIDER, "Conseil Sol")
    share(claire, FOR_BENEFICIARY, "Les Jardins partagés")
    share(claire, FOR_TEAM)
    propose(claire)
    claire.open(engagement)
    ask(claire)
    return engagement


def each_sees_their_own(marina, jeanne, path: str, work: str) -> None:
    """What both see, what one of them sees and the other does not; each of their pages."""
    both = {TITLE, WORK, MEETING, AMOUNT, "Réalisée", "confirmé", "Claire Aubry", "Jeanne Perrin"}
    theirs = {FOR_PROVIDER, DELIVERABLE, ASKED, "complète", "Évaluation d’une prestation"}
    mine = {FOR_BENEFICIARY, LATER, ADVICE}
    neither = {FOR_TEAM, MISTAKE}
    sees(marina, [*tabs(path), work], both | theirs, mine | neither | {"Votre avis"})
    sees(jeanne, [*tabs(path), work], both | mine, theirs | neither | {REPLY})
    for visitor, name in ((marina, "prestataire"), (jeanne, "beneficiaire")):
        for address in (*tabs(path), work):
            visitor.open(address)
            look(visitor, f"{name}-{address.strip('/').split('/')[-1]}")


def test_the_whole_path_of_a_beneficiary(site, visit):
    """From the SIREN to the opinion of the beneficiary."""
    claire, marina, jeanne = visit(), visit(), visit()
    claire.sign_in("claire@dla-rhone.example")
    engagement = prepare(claire)
    path = f"/accompagnements/{re.search(r'[0-9a-f-]{36}', engagement)[0]}/"
    arrive(marina, "marina@conseil-sol.example")
    answer_meeting(marina, "Oui")
    send_document(marina)
    deposit(marina, path)
    arrive(jeanne, "jeanne@jardins-partages.example")
    answer_meeting(jeanne, "Si besoin")

    accept(claire, engagement)
    fix_meeting(claire, engagement)
    complete_and_evaluate(claire, engagement)
    ask_opinion(claire, engagement)
    read_evaluation(marina)
    give_opinion(jeanne)

    marina.open("/")
    work = marina.page.get_by_role("link", name=WORK).first.get_attribute("href")
    each_sees_their_own(marina, jeanne, path, work)
    stranger, karim = visit(), visit()
    stranger.sign_in("ines@coop-atout.example")
    finds_nothing(stranger, [*tabs(path), work])
    karim.sign_in("karim@dla-nord.example")
    knows_that_it_exists(karim, engagement)
