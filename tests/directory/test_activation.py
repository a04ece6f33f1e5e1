"""Activation: a link by mail, spent once and only by its page's button (SPEC A3)."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.activation import (
    REQUESTS_PER_HOUR,
    SALT,
    LinkRefused,
    activate,
    read_link,
    send_activation,
)
from ilo_cms.directory.contacts import edit_contact
from ilo_cms.directory.models import Activation, Contact
from ilo_cms.directory.models.activation import Access, access_of
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.referentials.models import GenericMailbox, PlatformSettings
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory, UserFactory
from tests.helpers.links import activation_links, token_of


pytestmark = pytest.mark.django_db

CHOSEN = "Rivière-calme-42"
FORM = {"new_password1": CHOSEN, "new_password2": CHOSEN}
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def a_newcomer(**fields) -> Contact:
    """A contact with access whose person has no password yet."""
    fields = {"user__password": None, "user__email": "marina@sol.example"} | fields
    return ContactFactory(**fields)


@pytest.fixture
def officer() -> User:
    return OfficerFactory().user


@pytest.fixture
def contact() -> Contact:
    referent = OfficerFactory(user__email="claire@dla.example", user__last_name="Roux")
    return a_newcomer(organisation=OrganisationFactory(name="Conseil Sol", referent=referent))


@pytest.fixture
def link(contact, officer) -> str:
    """The path of a link that works."""
    send_activation(contact=contact, acting_user=officer)
    return activation_links()[-1]


def has_password(contact: Contact) -> bool:
    return User.objects.get(pk=contact.user_id).has_usable_password()


def refusal(path: str) -> str:
    """The name of the case in which a link is refused."""
    with pytest.raises(LinkRefused) as refused:
        read_link(token_of(path))
    return refused.value.code


# --- the link that works -----------------------------------------------------------------------


def test_the_mail_says_all_one_needs(link):
    mail = OutboxMessage.objects.get()
    assert mail.address == "marina@sol.example"
    assert mail.subject == "Ouvrez votre compte ILO : Conseil Sol"
    for word in ("Conseil Sol", "marina@sol.example", "claire@dla.example", "avant le"):
        assert word in mail.body


def test_the_page_greets_and_its_button_opens_the_account_and_signs_in(client, contact, link):
    page = client.get(link)
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert 'name="robots" content="noindex"' in page.text
    for word in ("Conseil Sol", contact.user.first_name, "marina@sol.example"):
        assert word in page.text
    before = client.session.session_key
    answer = client.post(link, FORM)
    assert (answer.status_code, answer.url) == (302, "/")
    assert client.session["_auth_user_id"] == str(contact.user_id)
    assert client.session.session_key != before
    assert client.get("/").status_code == 200
    assert User.objects.get(pk=contact.user_id).check_password(CHOSEN)
    assert Activation.objects.get().spent_at is not None
    acts = AuditEvent.objects.filter(action__startswith="account.activ").order_by("sequence")
    assert [act.action for act in acts] == ["account.activation_sent", "account.activated"]


def test_who_has_several_organisations_chooses_one_after_opening_the_account(client, contact, link):
    ContactFactory(user=contact.user)
    client.post(link, FORM)
    assert client.get("/").url.startswith("/structure/")


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_mail_scanner_spends_nothing(client, contact, link, method):
    for _ in range(3):
        getattr(client, method)(link)
    assert not has_password(contact)
    assert client.post(link, FORM).status_code == 302


@pytest.mark.parametrize(
    "typed",
    [
        {"new_password1": "court", "new_password2": "court"},
        {"new_password1": CHOSEN, "new_password2": CHOSEN + "3"},
        {"new_password1": "marina@sol.example", "new_password2": "marina@sol.example"},
        {"new_password1": "", "new_password2": ""},
        {},
    ],
    ids=["short", "different", "the address", "empty", "nothing"],
)
def test_a_refused_password_leaves_the_link_as_it_was(client, contact, link, typed):
    page = client.post(link, typed)
    assert page.status_code == 422
    assert "Votre saisie n’a pas été acceptée" in page.text
    assert not has_password(contact)
    assert client.post(link, FORM).status_code == 302


def test_somebody_else_signed_in_signs_out_first(client, contact, link):
    other = ContactFactory().user
    client.force_login(other)
    for page in (client.get(link), client.post(link, FORM)):
        assert page.status_code == 409
        assert str(other) in page.text
    assert not has_password(contact)
    assert client.post("/compte/deconnexion/", {"next": link}).url == link
    assert client.get(link).status_code == 200


def test_a_link_never_leaves_by_the_referer(client, link):
    assert client.get(link).headers["Referrer-Policy"] == "same-origin"


def test_an_inactive_organisation_lets_its_contacts_read(client, contact, link):
    contact.organisation.is_active = False
    contact.organisation.save()
    assert client.post(link, FORM).status_code == 302


# --- the link that no longer works -------------------------------------------------------------


def test_a_link_expires_at_its_second(contact, officer):
    PlatformSettings.objects.update_or_create(pk=1, defaults={"activation_days": 3})
    with time_machine.travel(START, tick=False):
        send_activation(contact=contact, acting_user=officer)
    (path,) = activation_links()
    end = START + timedelta(days=3)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert read_link(token_of(path)).contact == contact
        assert access_of(contact) == Access.INVITED
    for late in (timedelta(), timedelta(seconds=1)):
        with time_machine.travel(end + late, tick=False):
            assert refusal(path) == "expired"
            assert access_of(contact) == Access.EXPIRED


def test_the_latest_link_wins_even_within_one_instant_or_after_the_clock_was_set_back(
    contact, officer
):
    for moment in (START, START, START - timedelta(hours=1)):
        with time_machine.travel(moment, tick=False):
            send_activation(contact=contact, acting_user=officer)
    links = [
        f"/compte/activation/{signing.dumps(str(row.pk), salt=SALT)}/"
        for row in Activation.objects.order_by("sent_at")
    ]
    with time_machine.travel(START + timedelta(minutes=1), tick=False):
        assert [refusal(path) for path in links[:2]] == ["overtaken", "overtaken"]
        assert read_link(token_of(links[2]))


def test_a_link_sent_for_another_organisation_overtakes_too(contact, link, officer):
    elsewhere = ContactFactory(user=contact.user)
    send_activation(contact=elsewhere, acting_user=officer)
    assert refusal(link) == "overtaken"
    assert read_link(token_of(activation_links()[-1])).contact == elsewhere


def set_user(contact, **values):
    User.objects.filter(pk=contact.user_id).update(**values)


def set_contact(contact, **values):
    Contact.objects.filter(pk=contact.pk).update(**values)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda c: set_user(c, email="autre@sol.example"), "changed"),
        (lambda c: set_user(c, email=None), "NO_ADDRESS"),
        (lambda c: set_user(c, is_active=False), "CLOSED"),
        (lambda c: set_contact(c, has_access=False), "NONE"),
        (lambda c: set_contact(c, ended_on="2026-01-31"), "FORMER"),
        (lambda c: GenericMailbox.objects.create(code="marina", label="marina@"), "GENERIC"),
        (lambda c: set_user(c, password="md5$x$y"), "OPEN"),
    ],
)
def test_what_happened_since_is_said_and_names_whom_to_ask(client, contact, link, change, code):
    change(contact)
    assert refusal(link) == code
    for page in (client.get(link), client.post(link, FORM), client.post(link, {"again": "1"})):
        assert page.status_code == 410
        assert "claire@dla.example" in page.text
        assert "Recevoir un nouveau lien" not in page.text
    assert OutboxMessage.objects.count() == 1
    assert "_auth_user_id" not in client.session


def test_a_spent_link_leads_to_the_sign_in_page(client, link):
    Client().post(link, FORM)
    page = client.get(link)
    assert page.status_code == 410
    assert 'href="/compte/connexion/"' in page.text
    assert 'href="/compte/mot-de-passe/oublie/"' in page.text
    assert client.post(link, FORM).status_code == 410


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "x" + t, lambda t: "jeton"])
def test_a_forged_link_reveals_nothing(client, contact, link, change):
    page = client.get(f"/compte/activation/{change(token_of(link))}/")
    assert page.status_code == 410
    for word in ("Conseil Sol", "marina@", "claire@", contact.user.last_name, "again"):
        assert word not in page.text


def test_a_token_signed_for_something_else_is_forged(contact, link):
    key = str(Activation.objects.get().pk)
    assert refusal(f"/{signing.dumps(key, salt='email-change')}/") == "forged"


# --- another link ------------------------------------------------------------------------------


def test_who_comes_too_late_asks_for_another_link(client, contact, officer):
    with time_machine.travel(START, tick=False):
        send_activation(contact=contact, acting_user=officer)
    (old,) = activation_links()
    assert "Recevoir un nouveau lien" in client.get(old).text
    assert Activation.objects.count() == 1
    assert client.post(old, {"again": "1"}).status_code == 200
    new = activation_links()[-1]
    assert refusal(old) == "overtaken"
    assert client.post(new, FORM).status_code == 302


def test_too_many_requests_send_no_more_mail_and_say_the_same(client, contact, officer):
    with time_machine.travel(START) as clock:
        send_activation(contact=contact, acting_user=officer)
        (old,) = activation_links()
        clock.shift(timedelta(days=8))
        pages = [client.post(old, {"again": "1"}) for _ in range(REQUESTS_PER_HOUR + 3)]
        assert {(page.status_code, page.text) for page in pages} == {(200, pages[0].text)}
        assert OutboxMessage.objects.count() == 1 + REQUESTS_PER_HOUR
        send_activation(contact=contact, acting_user=officer)  # an officer may
        clock.shift(timedelta(hours=1, seconds=1))
        client.post(old, {"again": "1"})
    assert OutboxMessage.objects.count() == 3 + REQUESTS_PER_HOUR


# --- who is told what --------------------------------------------------------------------------


def give(contact, officer, **values) -> bool:
    return edit_contact(contact=contact, values=values, names={}, acting_user=officer)


def test_access_given_by_an_edit_sends_a_link_once(officer):
    contact = a_newcomer(has_access=False)
    assert give(contact, officer, has_access=True)
    assert len(activation_links()) == 1
    assert not give(contact, officer, function="Gérante")
    assert len(activation_links()) == 1


def test_who_already_signs_in_is_told_in_plain_words(officer):
    contact = ContactFactory(without_access=True)
    give(contact, officer, has_access=True)
    mail = OutboxMessage.objects.get()
    assert str(contact.organisation) in mail.subject
    assert "/compte/connexion/" in mail.body
    assert not activation_links()
    assert not Activation.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"user__is_active": False}, {"ended_on": "2026-01-31"}],
    ids=["closed account", "has left"],
)
def test_who_may_not_sign_in_gets_no_mail(officer, fields):
    contact = a_newcomer(has_access=False, **fields)
    give(contact, officer, has_access=True)
    assert not OutboxMessage.objects.exists()


def test_an_address_entered_later_sends_the_link_that_waited_for_it(officer):
    contact = a_newcomer(user__email=None)
    edit_contact(
        contact=contact, values={}, names={"email": "ines@sol.example"}, acting_user=officer
    )
    assert OutboxMessage.objects.get().address == "ines@sol.example"


def test_who_comes_back_gets_a_link(officer):
    contact = a_newcomer(ended_on="2026-01-31")
    assert give(contact, officer, ended_on=None)
    assert len(activation_links()) == 1


@pytest.mark.parametrize("role", ["stranger", "owner", "former officer"])
def test_only_officers_send_links(contact, role):
    people = {
        "stranger": lambda: ContactFactory().user,
        "owner": lambda: contact.user,
        "former officer": lambda: OfficerFactory(gone=True).user,
    }
    with pytest.raises(PermissionDenied):
        send_activation(contact=contact, acting_user=people[role]())
    assert not OutboxMessage.objects.exists()


def test_an_officer_cannot_send_a_link_to_an_open_account(officer):
    with pytest.raises(PermissionDenied, match="déjà ouvert"):
        send_activation(contact=ContactFactory(), acting_user=officer)


def test_administrators_send_links_too(contact):
    administrator = UserFactory(administrator=True)
    assert send_activation(contact=contact, acting_user=administrator).sent_by == administrator


# --- at once -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_posts_exactly_one_wins(contact, link):
    barrier = Barrier(2)
    answers = {}

    def post(password: str) -> None:
        client = Client()
        barrier.wait()
        page = client.post(link, {"new_password1": password, "new_password2": password})
        answers[password] = page.status_code
        connection.close()

    threads = [Thread(target=post, args=[f"{CHOSEN}-{number}"]) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [302, 410]
    (winner,) = [password for password, status in answers.items() if status == 302]
    assert User.objects.get(pk=contact.user_id).check_password(winner)
    assert AuditEvent.objects.filter(action="account.activated").count() == 1


def test_a_link_read_before_it_was_overtaken_is_not_spent(contact, link, officer):
    read_link(token_of(link))
    send_activation(contact=contact, acting_user=officer)
    with pytest.raises(LinkRefused):
        activate(token=token_of(link), password=CHOSEN)
    assert not has_password(contact)
