"""The public page (SPEC A9): whom to call, asking, and what a stranger learns from it."""

import re
from datetime import date

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import record
from ilo_cms.directory.models import OfficerAbsence
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.referencing.forms import SIGNER, TRAP
from ilo_cms.referencing.models import ReferencingRequest
from ilo_cms.referentials.models import GenericMailbox, PlatformSettings
from tests.factories import (
    ContactFactory,
    DepartmentFactory,
    OfficerFactory,
    OrganisationFactory,
    RegionFactory,
    UserFactory,
    fictional_siren,
)


pytestmark = pytest.mark.django_db

ADDRESS = "/referencement/"
NOW = "2026-11-23 10:00:00+01:00"
SIREN = fictional_siren(1)


@pytest.fixture(autouse=True)
def clock():
    """Ten in the morning; the clock moves when a test moves it."""
    with time_machine.travel(NOW, tick=False) as moment:
        yield moment


@pytest.fixture(autouse=True)
def rhone(db):
    return DepartmentFactory()


def opened(seconds: int) -> str:
    """What the form holds when it was opened some seconds before NOW."""
    with time_machine.travel(NOW, tick=False) as moment:
        moment.shift(-seconds)
        return SIGNER.sign("")


def typed(**changed):
    """What a visitor types."""
    return {
        "opened": opened(60),
        "wish": "first",
        "siren": f"{SIREN[:3]} {SIREN[3:6]} {SIREN[6:]}",
        "organisation_name": "Cabinet de l’Aubépine",
        "last_name": "Roche",
        "first_name": "Anaïs",
        "email": "Anais.Roche@aubepine.example",
        "phone": "06 12 34 56 78",
        "function": "Gérante",
        "department": "69",
        "message": "Bonjour",
        "consent": "on",
    } | changed


def addresses() -> list[str]:
    """To whom mails were written."""
    return sorted(OutboxMessage.objects.values_list("address", flat=True))


# --- whom to call -----------------------------------------------------------------------------


def test_the_officers_of_a_departement_are_public(client, rhone):
    here = OfficerFactory(operator__operated_territories=[rhone], user__email="claire@dla.example")
    region = OfficerFactory(operator__operated_territories=[rhone.region])
    gone = OfficerFactory(operator__operated_territories=[rhone], gone=True)
    closed = OfficerFactory(operator__operated_territories=[rhone], user__is_active=False)
    nord = OfficerFactory(operator__operated_territories=[DepartmentFactory(nord=True)])
    page = client.get(ADDRESS, {"departement": "69"}).text
    for officer in (here, region):
        assert str(officer.user) in page
        assert str(officer.operator) in page
    assert "mailto:claire@dla.example" in page
    assert "04 72 00 00 00" in page
    for officer in (gone, closed, nord):
        assert str(officer.user) not in page


def test_an_officer_of_the_region_and_of_the_departement_is_shown_once(client, rhone):
    officer = OfficerFactory(operator__operated_territories=[rhone, rhone.region])
    page = client.get(ADDRESS, {"departement": "69"}).text
    assert page.count(f"<strong>{officer.user}</strong>") == 1


@pytest.mark.parametrize(
    ("today", "shown"),
    [("2026-11-22", False), ("2026-11-23", True), ("2026-11-27", True), ("2026-11-28", False)],
)
def test_an_absence_is_told_on_its_days(client, rhone, clock, today, shown):
    officer = OfficerFactory(operator__operated_territories=[rhone])
    OfficerAbsence.objects.create(
        officer=officer, starts_on=date(2026, 11, 23), ends_on=date(2026, 11, 27)
    )
    clock.move_to(f"{today} 12:00:00+01:00")
    page = client.get(ADDRESS, {"departement": "69"}).text
    assert ("absent·e jusqu’au 27 novembre 2026" in page) is shown


def test_a_departement_without_officer_names_the_national_address(client):
    PlatformSettings.objects.create(pk=1, support_email="assistance@ilo.example")
    page = client.get(ADDRESS, {"departement": "69"}).text
    assert "mailto:assistance@ilo.example" in page


def test_nobody_else_is_public(client, rhone):
    contact = ContactFactory()
    administrator = UserFactory(administrator=True)
    page = client.get(ADDRESS, {"departement": "69"}).text
    assert contact.user.email not in page
    assert administrator.email not in page


@pytest.mark.parametrize("code", ["", "999", "69\x00", "x" * 5000, "é", "84", "69 OR 1=1"])
def test_an_unknown_departement_is_said(client, code):
    page = client.get(ADDRESS, {"departement": code})
    assert page.status_code == 200
    assert "errorlist" in page.text


def test_the_list_makes_as_many_queries_for_twenty_officers_as_for_two(client, rhone):
    counts = []
    for number in (2, 18):
        for _ in range(number):
            OfficerAbsence.objects.create(
                officer=OfficerFactory(operator__operated_territories=[rhone]),
                starts_on=date(2026, 11, 1),
                ends_on=date(2026, 11, 30),
            )
        with CaptureQueriesContext(connection) as queries:
            client.get(ADDRESS, {"departement": "69"})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_sign_in_page_leads_here(client):
    assert f'href="{ADDRESS}"' in client.get("/compte/connexion/").text


# --- asking -----------------------------------------------------------------------------------


def test_a_request_is_stored_and_reaches_the_officers(client, rhone):
    officer = OfficerFactory(operator__operated_territories=[rhone])
    UserFactory(administrator=True)
    page = client.post(ADDRESS, typed(), follow=True)
    assert "Votre demande est transmise" in page.text
    asked = ReferencingRequest.objects.get()
    assert (asked.siren, asked.phone) == (SIREN, "+33612345678")
    assert asked.email == "anais.roche@aubepine.example"
    assert Notification.objects.get().recipient == officer.user
    assert addresses() == sorted([officer.user.email, asked.email])
    assert AuditEvent.objects.get().action == "referencing.requested"


def test_without_officer_the_administrators_are_told(client):
    administrator = UserFactory(administrator=True)
    UserFactory(administrator=True, closed=True)
    client.post(ADDRESS, typed())
    assert Notification.objects.get().recipient == administrator


def test_no_mail_repeats_what_a_stranger_typed(client, rhone):
    OfficerFactory(operator__operated_territories=[rhone])
    words = "Achetez sur http://piege.example"
    client.post(
        ADDRESS,
        typed(organisation_name=words, last_name=words, first_name=words, message=words),
    )
    assert ReferencingRequest.objects.exists()
    for mail in OutboxMessage.objects.all():
        assert "piege" not in mail.subject + mail.body


def told(response) -> tuple:
    """All that a visitor can see of an answer, without what is random in it."""
    page = re.sub(r'(value|nonce)="[^"]{20,}"', "", response.text)
    return response.status_code, str(response.redirect_chain), page


def test_the_answer_is_the_same_whoever_is_known(rhone):
    OfficerFactory(operator__operated_territories=[rhone])
    OrganisationFactory(siren=fictional_siren(2))
    ContactFactory(user__email="connue@sol.example", organisation__siren=fictional_siren(3))
    cases = {
        "nothing": {"siren": fictional_siren(4), "email": "inconnue@sol.example"},
        "structure": {"siren": fictional_siren(2), "email": "autre@sol.example"},
        "both": {"siren": fictional_siren(3), "email": "connue@sol.example"},
    }
    answers, mails, queries = set(), [], []
    record("account.created", actor=None)  # the first line of a log makes its head
    for case in cases.values():
        OutboxMessage.objects.all().delete()
        cache.clear()
        browser = Client()
        with CaptureQueriesContext(connection) as captured:
            answers.add(told(browser.post(ADDRESS, typed(**case), follow=True)))
        mails.append(OutboxMessage.objects.count())
        queries.append(len(captured))
    assert len(answers) == 1
    assert mails == [2, 2, 2]
    assert len(set(queries)) == 1


def test_a_second_click_makes_one_request_and_keeps_a_second_thought(client):
    for message in ("Bonjour", "Bonjour", "Je préfère le matin."):
        page = client.post(ADDRESS, typed(message=message), follow=True)
        assert "Votre demande est transmise" in page.text
    asked = ReferencingRequest.objects.get()
    assert asked.message.startswith("Bonjour\n\n[23/11/2026 10:00] Je préfère")
    assert AuditEvent.objects.filter(action="referencing.completed").count() == 1
    assert Notification.objects.count() == 0  # nobody to tell in this test
    assert addresses() == [asked.email]


@pytest.mark.parametrize(("later", "mails"), [(24 * 3600 - 1, 1), (24 * 3600, 2)])
def test_an_address_gets_one_acknowledgement_a_day(client, clock, later, mails):
    for number in range(3):
        client.post(ADDRESS, typed(siren=fictional_siren(10 + number)))
    assert addresses() == ["anais.roche@aubepine.example"]
    clock.shift(later - 10)
    token = SIGNER.sign("")
    clock.shift(10)
    cache.clear()
    asked = client.post(ADDRESS, typed(siren=fictional_siren(20), opened=token))
    assert asked.status_code == 302
    assert len(addresses()) == mails


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, 422), (2, 422), (4, 302), (24 * 3600 - 1, 302), (24 * 3601, 422)]
)
def test_a_form_too_young_or_too_old_is_shown_again_as_filled(client, seconds, status):
    page = client.post(ADDRESS, typed(opened=opened(seconds)))
    assert page.status_code == status
    assert ReferencingRequest.objects.exists() is (status == 302)
    if status == 422:
        assert "Cabinet de l’Aubépine" in page.text


def test_a_form_too_old_works_when_it_is_sent_again(client, clock):
    page = client.post(ADDRESS, typed(opened=opened(24 * 3600 + 5)))
    again = re.search(r'name="opened" value="([^"]+)"', page.text).group(1)
    clock.shift(5)
    assert client.post(ADDRESS, typed(opened=again)).status_code == 302


@pytest.mark.parametrize("token", ["", "x", ":1abc:", "\x00", "é" * 500])
def test_a_forged_token_is_refused(client, token):
    assert client.post(ADDRESS, typed(opened=token)).status_code == 422


def test_a_program_gives_itself_away_and_a_person_only_sends_again(client):
    page = client.post(ADDRESS, typed(**{TRAP: "http://piege.example"}))
    assert page.status_code == 422
    assert "programme" in page.text
    assert "piege" not in page.text
    assert client.post(ADDRESS, typed(**{TRAP: ""})).status_code == 302


def test_the_trap_is_hidden_from_everybody(client):
    page = client.get(ADDRESS).text
    trap = re.search(r"<div hidden>(.*?)</div>", page, re.DOTALL).group(1)
    assert f'name="{TRAP}"' in trap
    assert 'tabindex="-1"' in trap


def test_twenty_requests_an_hour_from_one_connection(client):
    codes = [
        client.post(
            ADDRESS, typed(siren=fictional_siren(100 + n), email=f"p{n}@sol.example")
        ).status_code
        for n in range(22)
    ]
    assert codes == [302] * 20 + [429] * 2
    assert ReferencingRequest.objects.count() == 20


def test_three_requests_a_day_for_one_address_then_nothing_typed_is_lost(client):
    for n in range(3):
        assert client.post(ADDRESS, typed(siren=fictional_siren(n))).status_code == 302
    page = client.post(ADDRESS, typed(siren=fictional_siren(4)))
    assert page.status_code == 429
    assert "Trop de demandes" in page.text
    assert "Cabinet de l’Aubépine" in page.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"siren": "123 456 789"}, "clé de contrôle"),
        ({"siren": "12"}, "neuf chiffres"),
        ({"siren": ""}, "obligatoire"),
        ({"email": "contact@sol.example"}, "générique"),
        ({"email": "pas une adresse"}, "valide"),
        ({"email": "a@" + "b" * 300 + ".fr"}, ""),
        ({"phone": "12"}, "téléphone"),
        ({"department": "999"}, ""),
        ({"wish": "autre"}, ""),
        ({"consent": ""}, "Cochez"),
        ({"message": "x" * 10_000}, "4000"),
        ({"organisation_name": "x" * 10_000}, "255"),
        ({"last_name": "Ro\x00che"}, "caractère nul"),
        ({"message": "a\x00b"}, "caractère nul"),
        ({"department": "69\x00"}, ""),
    ],
)
def test_a_bad_value_is_said_at_its_field(client, changed, said):
    GenericMailbox.objects.create(code="contact", label="contact")
    page = client.post(ADDRESS, typed(**changed))
    assert page.status_code == 422
    assert said in page.text
    assert not ReferencingRequest.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"last_name": "D’Été-Ñandú 🌿", "first_name": "😀" * 20},
        {"last_name": "é" * 100},
        {"phone": ""},
        {"phone": "0262 90 00 00", "department": "974"},
        {"phone": "+590 690 00 12 34"},
        {"email": "  ANAIS.roche@Aubepine.example "},
        {"function": "", "message": ""},
        {"message": "<script>alert(1)</script> 'et' \"cætera\" ; --"},
    ],
)
def test_what_is_unusual_simply_works(client, changed):
    DepartmentFactory(code="974", label="La Réunion", region=RegionFactory(code="04", label="R"))
    page = client.post(ADDRESS, typed(**changed))
    assert page.status_code == 302
    assert ReferencingRequest.objects.count() == 1


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    values=st.dictionaries(
        st.sampled_from([*typed(), TRAP, "autre"]), st.text(max_size=300), max_size=6
    )
)
def test_no_text_breaks_the_page(client, rhone, values):
    cache.clear()
    assert client.post(ADDRESS, typed() | values).status_code in {302, 422}
    assert client.get(ADDRESS, values).status_code == 200


def test_other_methods_are_refused(client):
    assert client.put(ADDRESS).status_code == 405
    assert client.delete(ADDRESS).status_code == 405
