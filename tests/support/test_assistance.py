"""Acting as somebody: who may, how it begins and ends, and what a session is worth (SPEC A12)."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import assistant, faults
from ilo_cms.directory.officers import sync_groups
from ilo_cms.support.assistance import SESSION_KEY
from ilo_cms.support.services import start_assistance
from tests.factories import PASSWORD, ContactFactory, OfficerFactory, UserFactory
from tests.helpers.intranet import an_administrator, an_officer, as_, open_intranet


pytestmark = pytest.mark.django_db

BEGINNING = "2026-11-23 10:00:00+01:00"
END = "/assistance/fin/"


@pytest.fixture
def clock():
    """Ten in the morning; the clock moves when a test moves it."""
    with time_machine.travel(BEGINNING, tick=False) as moment:
        yield moment


def page_of(contact) -> str:
    """Where an administrator says why."""
    return reverse("support_start", args=[contact.pk])


def assist(contact, administrator=None) -> Client:
    """A browser in which an administrator acts as a contact's person."""
    client = as_(administrator or an_administrator())
    answer = client.post(page_of(contact), {"reason": "Ne voit pas sa fiche."})
    assert (answer.status_code, answer.url) == (302, "/")
    return client


def signed_in_as(client) -> str | None:
    """Whose session this is, by key."""
    return client.session.get("_auth_user_id")


def acts() -> list[str]:
    """What the log says of assistances, oldest first."""
    events = AuditEvent.objects.filter(action__startswith="support.").order_by("sequence")
    return [event.action for event in events]


# --- who may ----------------------------------------------------------------------------------


def helped(kind: str):
    """A contact of each kind that the rule tells apart."""
    contact = ContactFactory(former=kind == "former", without_access=kind == "without access")
    person = contact.user
    changes = {
        "closed": {"is_active": False},
        "superuser": {"is_superuser": True},
        "administrator": {"is_administrator": True},
        "analyst": {"is_analyst": True},
    }
    for name, value in changes.get(kind, {}).items():
        setattr(person, name, value)
    person.save()
    if kind in {"officer", "former officer"}:
        OfficerFactory(user=person, is_active=kind == "officer")
    if kind == "staff":
        open_intranet(UserFactory(administrator=True))
        person.groups.add(User.objects.get(is_administrator=True).groups.get())
    return contact


TARGETS = {
    "ordinary": True,
    "former officer": True,
    "closed": False,
    "former": False,
    "without access": False,
    "superuser": False,
    "administrator": False,
    "analyst": False,
    "officer": False,
    "staff": False,
}


@pytest.mark.parametrize("kind", TARGETS)
def test_as_whom_an_administrator_may_act(kind):
    contact = helped(kind)
    client = as_(an_administrator())
    page = client.get(page_of(contact))
    assert page.status_code == 200
    assert ("Agir comme cette personne</button>" in page.text) is TARGETS[kind]
    answer = client.post(page_of(contact), {"reason": "Essai"})
    assert answer.status_code == (302 if TARGETS[kind] else 409)
    assert (signed_in_as(client) == str(contact.user.pk)) is TARGETS[kind]
    assert acts() == (["support.started"] if TARGETS[kind] else [])


@pytest.mark.parametrize("who", ["officer", "contact", "analyst", "former administrator"])
def test_nobody_else_may_act_as_somebody(who):
    user = {
        "officer": an_officer,
        "contact": lambda: ContactFactory().user,
        "analyst": lambda: UserFactory(analyst=True),
        "former administrator": lambda: UserFactory(administrator=True, closed=True),
    }[who]()
    contact = ContactFactory()
    with pytest.raises(PermissionDenied):
        start_assistance(contact=contact, reason="Essai", acting_user=user)
    client = as_(user)
    for method in (client.get, client.post):
        assert method(page_of(contact), {"reason": "Essai"}).status_code == 302
    assert SESSION_KEY not in client.session
    assert acts() == []


def test_nobody_acts_as_themselves():
    administrator = an_administrator()
    contact = ContactFactory(user=administrator)
    assert as_(administrator).post(page_of(contact), {"reason": "Moi"}).status_code == 409


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\x00b"])
def test_a_reason_is_compulsory(reason):
    contact, client = ContactFactory(), as_(an_administrator())
    page = client.post(page_of(contact), {"reason": reason})
    assert page.status_code == 422
    assert SESSION_KEY not in client.session
    with pytest.raises(ValidationError):
        start_assistance(contact=contact, reason=" ", acting_user=an_administrator())


def test_only_a_post_begins_it():
    contact, client = ContactFactory(), as_(an_administrator())
    client.get(page_of(contact), {"reason": "Essai"})
    assert SESSION_KEY not in client.session


def test_a_forged_post_begins_nothing():
    contact = ContactFactory()
    client = Client(enforce_csrf_checks=True)
    client.force_login(an_administrator())
    assert client.post(page_of(contact), {"reason": "Essai"}).status_code == 403
    assert acts() == []


def test_the_page_of_a_contact_offers_it_to_administrators_only():
    contact = ContactFactory()
    address = reverse("contact:inspect", args=[contact.pk])
    assert page_of(contact) in as_(an_administrator()).get(address).text
    assert page_of(contact) not in as_(an_officer()).get(address).text


def test_nested_assistances_are_refused():
    first, second = ContactFactory(), ContactFactory()
    client = assist(first)
    assert client.post(page_of(second), {"reason": "Encore"}).status_code == 302
    assert signed_in_as(client) == str(first.user.pk)
    mark = assistant.set("Anne Durand")
    try:
        with pytest.raises(PermissionDenied, match="déjà en cours"):
            start_assistance(contact=second, reason="Encore", acting_user=an_administrator())
    finally:
        assistant.reset(mark)
    assert acts() == ["support.started"]


# --- beginning and ending ---------------------------------------------------------------------


def test_both_ends_are_logged_with_both_people_and_the_reason():
    contact, administrator = ContactFactory(), an_administrator()
    client = assist(contact, administrator)
    assert client.get("/").context["contact"] == contact
    assert client.post(END).url == reverse("contact:inspect", args=[contact.pk])
    assert signed_in_as(client) == str(administrator.pk)
    assert acts() == ["support.started", "support.ended"]
    for event in AuditEvent.objects.filter(action__startswith="support."):
        assert event.actor_id == str(administrator.pk)
        assert event.target_id == str(contact.pk)
        assert event.organisation_id == str(contact.organisation.pk)
        assert str(contact.user) in event.detail.content["target"]
    started = AuditEvent.objects.get(action="support.started")
    assert started.detail.content["reason"] == "Ne voit pas sa fiche."
    assert list(faults()) == []


def test_the_organisation_is_the_contact_s_among_several():
    first = ContactFactory()
    second = ContactFactory(user=first.user)
    for contact in (first, second):
        assert assist(contact).get("/").context["contact"] == contact


def test_the_session_changes_its_key_and_csrf_token_both_ways():
    contact, administrator = ContactFactory(), an_administrator()
    client = as_(administrator)
    client.get("/compte/mot-de-passe/")  # sets the CSRF cookie
    keys, tokens = [client.session.session_key], [client.cookies["csrftoken"].value]
    for address, data in ((page_of(contact), {"reason": "Essai"}), (END, {})):
        client.post(address, data)
        client.get("/assistance/")
        keys.append(client.session.session_key)
        tokens.append(client.cookies["csrftoken"].value)
    assert len(set(keys)) == len(set(tokens)) == 3
    assert [key for key in keys if Session.objects.filter(pk=key).exists()] == keys[-1:]


def test_last_login_and_the_other_rows_of_both_stay_untouched():
    contact, administrator = ContactFactory(), an_administrator()
    client = as_(administrator)
    before = [User.objects.filter(pk=u.pk).values().get() for u in (contact.user, administrator)]
    client.post(page_of(contact), {"reason": "Essai"})
    client.post(END)
    after = [User.objects.filter(pk=u.pk).values().get() for u in (contact.user, administrator)]
    assert before == after


def test_the_second_factor_given_serves_its_owner_only():
    contact, administrator = ContactFactory(), an_administrator()
    client = as_(administrator)
    session = client.session
    given = {
        AUTHENTICATION_METHODS_SESSION_KEY: [{"method": "mfa", "at": 1.0, "type": "totp"}],
        f"{AUTHENTICATION_METHODS_SESSION_KEY}_user": str(administrator.pk),
    }
    session.update(given | {"other": "content"})
    session.save()
    client.post(page_of(contact), {"reason": "Essai"})
    assert not given.keys() & client.session.keys()
    assert "other" not in client.session
    client.post(END)
    assert given.items() <= dict(client.session).items()
    assert SESSION_KEY not in client.session


def test_the_way_back_is_not_open_to_others(sign_in):
    contact = ContactFactory()
    client = sign_in(contact.user, contact)
    assert client.get(END).status_code == 405
    assert client.post(END).url == "/"
    assert signed_in_as(client) == str(contact.user.pk)
    assert Client().post(END).url.startswith("/compte/connexion/")


def test_signing_out_ends_it_for_both():
    contact = ContactFactory()
    client = assist(contact)
    client.post("/compte/deconnexion/")
    assert signed_in_as(client) is None
    assert SESSION_KEY not in client.session
    assert acts() == ["support.started", "support.ended"]


# --- what ends it -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "goes_on"), [(0, True), (3599, True), (3600, False), (3601, False)]
)
def test_it_lasts_an_hour_at_most(clock, seconds, goes_on):
    contact, administrator = ContactFactory(), an_administrator()
    client = assist(contact, administrator)
    clock.shift(timedelta(seconds=seconds))
    page = client.get("/")
    assert page.status_code == (200 if goes_on else 302)
    assert (signed_in_as(client) == str(contact.user.pk)) is goes_on
    if not goes_on:
        assert signed_in_as(client) == str(administrator.pk)
        said = client.get(page.url).text
        assert "L’assistance est terminée : l’heure est écoulée." in said
        assert acts() == ["support.started", "support.ended"]


def test_what_is_sent_after_the_hour_is_done_as_nobody(clock):
    contact = ContactFactory()
    client = assist(contact)
    clock.shift(3600)
    page = client.post("/assistance/", {"description": "Trop tard"}, follow=True)
    assert "Votre dernier envoi n’est pas enregistré" in page.text
    assert not contact.user.support_requests.exists()
    assert acts() == ["support.started", "support.ended"]


def test_two_tabs_after_the_hour_write_one_end(clock):
    contact = ContactFactory()
    client = assist(contact)
    other = Client()
    stale = client.session
    assert SESSION_KEY in stale
    clock.shift(3600)
    client.get("/")
    stale.save(must_create=True)  # the other tab had read the session just before it went
    other.cookies["sessionid"] = stale.session_key
    other.get("/")
    assert acts() == ["support.started", "support.ended"]


@pytest.mark.parametrize(
    "event", ["account closed", "access ended", "left", "new role", "new password"]
)
def test_what_happens_to_the_person_ends_it(event):
    contact, administrator = ContactFactory(), an_administrator()
    client = assist(contact, administrator)
    person = contact.user
    if event == "account closed":
        User.objects.filter(pk=person.pk).update(is_active=False)
    elif event == "access ended":
        type(contact).objects.filter(pk=contact.pk).update(has_access=False)
    elif event == "left":
        type(contact).objects.filter(pk=contact.pk).update(ended_on="2026-01-01")
    elif event == "new role":
        open_intranet(OfficerFactory(user=person).user)
    else:
        person.set_password("Un-nouveau-mot-de-passe")
        person.save()
    page = client.get("/mes-informations/")
    assert page.url == reverse("contact:inspect", args=[contact.pk])
    assert signed_in_as(client) == str(administrator.pk)
    assert "L’assistance est terminée" in client.get(page.url).text
    assert acts() == ["support.started", "support.ended"]


@pytest.mark.parametrize("first", ["another page", "the button"])
def test_a_lost_role_is_not_given_back(first):
    contact, administrator = ContactFactory(), an_administrator()
    client = assist(contact, administrator)
    User.objects.filter(pk=administrator.pk).update(is_administrator=False)
    sync_groups(User.objects.get(pk=administrator.pk))
    client.get("/") if first == "another page" else client.post(END)
    assert signed_in_as(client) == str(administrator.pk)
    assert SESSION_KEY not in client.session
    assert client.get("/admin/structures/").status_code == 302
    assert client.get(page_of(contact)).status_code == 302
    assert acts() == ["support.started", "support.ended"]


@pytest.mark.parametrize("event", ["account closed", "new password"])
@pytest.mark.parametrize("first", ["another page", "the button"])
def test_a_session_that_ended_elsewhere_is_not_given_back(event, first):
    contact, administrator = ContactFactory(), an_administrator()
    client = assist(contact, administrator)
    changed = User.objects.get(pk=administrator.pk)
    if event == "account closed":
        changed.is_active = False
    else:
        changed.set_password("Un-nouveau-mot-de-passe")
    changed.save()
    answer = client.get("/") if first == "another page" else client.post(END)
    assert answer.url == "/compte/connexion/"
    assert signed_in_as(client) is None
    assert SESSION_KEY not in client.session
    assert acts() == ["support.started", "support.ended"]


def test_signing_in_again_afterwards_is_an_ordinary_visit(clock):
    contact = ContactFactory()
    client = assist(contact)
    client.post("/compte/deconnexion/")
    client.post("/compte/connexion/", {"login": contact.user.email, "password": PASSWORD})
    page = client.get("/", follow=True)
    assert signed_in_as(client) == str(contact.user.pk)
    assert "Mettre fin" not in page.text
