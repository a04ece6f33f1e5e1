"""A contact's access on the officers' screens: told in words, sent and resent (SPEC A2, A3)."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.directory.activation import activate, send_activation
from ilo_cms.directory.models import Activation, Contact
from ilo_cms.directory.models.activation import Access
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.referentials.models import GenericMailbox
from tests.factories import ContactFactory, EstablishmentFactory, OfficerFactory
from tests.helpers.intranet import an_officer, as_
from tests.helpers.links import activation_links, token_of


pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def officer():
    return as_(an_officer())


@pytest.fixture
def contact():
    return ContactFactory(user__password=None, user__email="marina@sol.example")


def send(client, contact, **extra):
    return client.post(reverse("contact_activation", args=[contact.pk]), follow=True, **extra)


def screen(client, contact) -> str:
    """What the contact's screen says."""
    return client.get(reverse("contact:inspect", args=[contact.pk])).text


# --- one contact -------------------------------------------------------------------------------


def test_the_screen_tells_the_whole_story(officer, contact):
    with time_machine.travel(START, tick=False) as clock:
        page = screen(officer, contact)
        assert "Jamais invité·e" in page
        assert "Envoyer le lien d’activation" in page
        assert "Un lien d’activation part à marina@sol.example." in send(officer, contact).text
        page = screen(officer, contact)
        assert "Lien envoyé le 2 mars 2026, 10:00 à marina@sol.example" in page
        assert "(courriel en attente), valable jusqu’au 9 mars 2026, 10:00" in page
        assert "Renvoyer le lien d’activation" in page
        OutboxMessage.objects.update(sent_at=START)
        assert "(courriel envoyé)" in screen(officer, contact)
        OutboxMessage.objects.update(sent_at=None, dead_at=START, last_error="boîte pleine")
        assert "(abandonné : boîte pleine)" in screen(officer, contact)
        clock.shift(timedelta(days=7))
        assert "Lien expiré. Lien envoyé le 2 mars 2026, 10:00" in screen(officer, contact)
        send(officer, contact)
        clock.shift(timedelta(hours=1))
        activate(token=token_of(activation_links()[-1]), password="Rivière-calme-42")
        page = screen(officer, contact)
        assert "Compte ouvert le 9 mars 2026, 11:00" in page
        assert "Son compte est déjà ouvert" in page
        assert "lien d’activation</button>" not in page


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"user__email": None}, "n’a pas d’adresse électronique"),
        ({"user__email": "contact@sol.example"}, "adresse nominative"),
        ({"ended_on": "2026-01-31"}, "a quitté la structure"),
        ({"has_access": False}, "n’a pas accès"),
        ({"user__is_active": False}, "est fermé"),
    ],
)
def test_where_no_link_can_be_sent_the_reason_stands_instead_of_the_button(officer, fields, reason):
    GenericMailbox.objects.create(code="contact", label="contact@")
    contact = ContactFactory(**{"user__password": None} | fields)
    page = screen(officer, contact)
    assert reason in page
    assert 'lien-d-activation/"' not in page
    assert reason in send(officer, contact).text
    assert not Activation.objects.exists()


def test_a_resend_overtakes_and_stands_in_the_history(officer, contact):
    send(officer, contact)
    send(officer, contact)
    first, second = activation_links()
    assert officer.get(first).status_code == 410
    history = officer.get(reverse("contact:history", args=[contact.pk])).text
    assert history.count("Lien d’activation envoyé") == 2


def test_the_link_comes_from_base_url_whatever_the_officers_host(officer, contact):
    send(officer, contact, HTTP_HOST="localhost", HTTP_X_FORWARDED_HOST="ailleurs.example")
    assert len(activation_links()) == 1
    for host in ("ailleurs.example", "testserver.ailleurs.example"):
        assert send(officer, contact, HTTP_HOST=host).status_code == 400
    assert Activation.objects.count() == 1


def test_reading_the_screen_sends_nothing(officer, contact):
    address = reverse("contact_activation", args=[contact.pk])
    assert officer.get(address).status_code == 405
    screen(officer, contact)
    assert not Activation.objects.exists()


# --- the list ----------------------------------------------------------------------------------


def one_of_each() -> dict[str, Contact]:
    """A contact in each state of access."""
    GenericMailbox.objects.get_or_create(code="contact", defaults={"label": "contact@"})
    found = {
        Access.OPEN: ContactFactory(),
        Access.CLOSED: ContactFactory(user__is_active=False),
        Access.NONE: ContactFactory(has_access=False),
        Access.FORMER: ContactFactory(former=True),
        Access.NO_ADDRESS: ContactFactory(user__email=None, user__password=None),
        Access.GENERIC: ContactFactory(user__email="contact@sol.example", user__password=None),
        Access.NEVER: ContactFactory(user__password=None),
        Access.INVITED: ContactFactory(user__password=None),
        Access.EXPIRED: ContactFactory(user__password=None),
    }
    claire = OfficerFactory().user
    send_activation(contact=found[Access.INVITED], acting_user=claire)
    expired = send_activation(contact=found[Access.EXPIRED], acting_user=claire)
    Activation.objects.filter(pk=expired.pk).update(sent_at=START - timedelta(days=800))
    return found


def test_the_list_shows_filters_and_exports_each_state(officer):
    found = one_of_each()
    assert set(found) == set(Access)
    index = reverse("contact:index")
    for word, contact in found.items():
        page = officer.get(index, {"access": word})
        assert list(page.context["object_list"]) == [contact]
        assert word in page.text
        export = officer.get(index, {"access": word, "export": "csv"}).getvalue().decode()
        (row,) = csv.DictReader(io.StringIO(export), delimiter=";")
        assert row["Accès à l’extranet"] == word


def test_the_list_makes_as_many_queries_for_many_as_for_few(officer):
    counts = []
    for number in (2, 18):
        for contact in ContactFactory.create_batch(number, user__password=None):
            send_activation(contact=contact, acting_user=OfficerFactory().user)
        officer.get(reverse("contact:index"))
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(reverse("contact:index")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- creating and editing ----------------------------------------------------------------------


def add(client, **typed):
    """Send the creation form as an officer types it."""
    place = EstablishmentFactory()
    form = {
        "organisation": place.organisation.pk,
        "establishment": place.pk,
        "last_name": "Vasseur",
        "first_name": "Marina",
        "email": "marina@sol.example",
        "phone": "",
        "function": "",
        "has_access": "on",
    }
    return client.post(reverse("contact:add"), form | typed, follow=True)


@pytest.mark.parametrize(
    "name",
    [
        "d’Ormesson",
        "O'Brien",
        "Ñúñez-Çelik Þórsdóttir",
        "Zoé 🌻",
        "<script>alert(1)</script>",
        "{{ 7*7 }} %(x)s {0}",
        "x" * 100,
    ],
)
def test_any_name_works_on_screen_and_in_the_mail(officer, client, name):
    page = add(officer, last_name=name, first_name=name)
    assert "Un lien d’activation part à marina@sol.example." in page.text
    assert "<script>alert" not in page.text
    assert OutboxMessage.objects.get().body.startswith(f"Bonjour {name},\n")
    (link,) = activation_links()
    assert client.get(link).status_code == 200
    form = {"new_password1": "Rivière-calme-42", "new_password2": "Rivière-calme-42"}
    assert client.post(link, form).status_code == 302


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"last_name": "x" * 200}, "au plus 100 caractères"),
        ({"first_name": "x" * 200}, "au plus 100 caractères"),
        ({"last_name": "   "}, "Champ requis"),
        ({"function": "x" * 200}, "au plus 150 caractères"),
        ({"email": "marina @sol.example"}, "adresse"),
        ({"email": "marina@sol"}, "adresse"),
        ({"email": "x" * 300 + "@sol.example"}, "254"),
        ({"email": ""}, "demande une adresse électronique"),
        ({"email": "INFO@sol.example "}, "adresse générique"),
        ({"last_name": "nul\x00"}, "nul"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_lost_or_sent(officer, typed, said):
    GenericMailbox.objects.create(code="info", label="info@")
    page = add(officer, **typed)
    assert page.status_code == 200
    assert said in page.text
    assert "Marina" in page.text or "first_name" in typed
    assert not OutboxMessage.objects.exists()
    assert not User.objects.filter(last_name__startswith="Vasseur").exists()


@pytest.mark.parametrize(
    "email", [" marina@sol.example ", "Marina@SOL.example", "marina@sol.EXAMPLE"]
)
def test_spaces_and_capitals_around_an_address_do_not_matter(officer, email):
    add(officer, email=email)
    assert OutboxMessage.objects.get().address == "marina@sol.example"
    assert "déjà un compte" not in add(officer, email=email.swapcase()).text
    assert User.objects.filter(email="marina@sol.example").get().contacts.count() == 2


def test_a_known_person_keeps_their_names_and_is_told_in_plain_words(officer):
    known = ContactFactory(user__email="marina@sol.example").user
    page = add(officer, last_name="Autre", first_name="Nom")
    assert "a déjà un compte : un courriel l’informe de ce nouvel accès" in page.text
    again = User.objects.get(pk=known.pk)
    assert (again.first_name, again.last_name) == (known.first_name, known.last_name)
    assert not Activation.objects.exists()


def edit(client, contact, **typed):
    form = {
        "last_name": contact.user.last_name,
        "first_name": contact.user.first_name,
        "email": contact.user.email or "",
        "phone": "",
        "other_phone": "",
        "function": contact.function,
        "establishment": contact.establishment.pk,
    }
    return client.post(reverse("contact:edit", args=[contact.pk]), form | typed, follow=True)


def test_switching_access_on_sends_the_link_once(officer, contact):
    Contact.objects.update(has_access=False)
    page = edit(officer, contact, has_access="on")
    assert "Un lien d’activation part à marina@sol.example." in page.text
    page = edit(officer, contact, has_access="on", function="Gérante")
    assert "Un lien d’activation part" not in page.text
    assert len(activation_links()) == 1


def test_access_without_an_address_is_refused_at_the_address(officer):
    contact = ContactFactory(user__email=None, user__password=None, has_access=False)
    page = edit(officer, contact, has_access="on")
    assert page.status_code == 200
    assert "demande une adresse électronique" in page.text
    assert not Contact.objects.get().has_access
    page = edit(officer, contact, has_access="on", email="ines@sol.example")
    assert "Un lien d’activation part à ines@sol.example." in page.text
