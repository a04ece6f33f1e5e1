"""The second factor: signing in with it, and making it compulsory (SPEC A11)."""

import time

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.officers import save_person
from ilo_cms.notifications.models import OutboxMessage
from tests.factories import PASSWORD, ContactFactory, UserFactory
from tests.helpers.intranet import an_administrator, an_officer, as_
from tests.test_permission_matrix import routes


pytestmark = pytest.mark.django_db

SIGN_IN = "/compte/connexion/"
SECOND_STEP = "/compte/securite/authenticate/"
SECURITY = "/compte/securite/"
ACTIVATE = f"{SECURITY}totp/activate/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def still(time_machine):
    """A clock that stands still in the middle of a code's thirty seconds."""
    time_machine.move_to("2026-11-23 10:00:10+01:00", tick=False)
    return time_machine


def code(secret: str = SECRET, steps: int = 0) -> str:
    """What the application shows now, or some steps of thirty seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def with_application(user: User) -> User:
    """The person, once they have activated their application."""
    TOTP.activate(user, SECRET)
    return user


def first_step(user: User) -> Client:
    """A browser in which the password was right."""
    client = Client()
    answer = client.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    assert answer.url == SECOND_STEP
    return client


def is_in(client: Client) -> bool:
    """Whether this browser is signed in."""
    return "_auth_user_id" in client.session


def confirmed(user: User) -> Client:
    """A browser whose owner has just typed their password again."""
    client = as_(user)
    client.post("/compte/confirmation/", {"password": PASSWORD})
    return client


# --- signing in -----------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing():
    client = first_step(with_application(ContactFactory().user))
    assert not is_in(client)
    assert client.get("/mes-informations/").url.startswith(SIGN_IN)


def test_the_code_of_the_application_signs_in():
    client = first_step(with_application(ContactFactory().user))
    assert client.post(SECOND_STEP, {"code": code()}).url == "/"
    assert is_in(client)


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_code_of_another_half_minute_is_refused(steps):
    client = first_step(with_application(ContactFactory().user))
    page = client.post(SECOND_STEP, {"code": code(steps=steps)})
    assert page.status_code == 200 and "Code incorrect" in page.text
    assert not is_in(client)


def test_a_code_serves_once():
    user = with_application(ContactFactory().user)
    assert first_step(user).post(SECOND_STEP, {"code": code()}).status_code == 302
    thief = first_step(user)
    thief.post(SECOND_STEP, {"code": code()})
    assert not is_in(thief)


def test_guessing_codes_is_limited(still):
    user = with_application(ContactFactory().user)
    client = first_step(user)
    for _ in range(5):
        client.post(SECOND_STEP, {"code": "000000"})
    client.post(SECOND_STEP, {"code": code()})
    assert not is_in(client)  # the right one comes too late
    still.shift(301)
    client.post(SECOND_STEP, {"code": code()})
    assert is_in(client)


def test_a_recovery_code_stands_in_once():
    user = with_application(ContactFactory().user)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    for expected in (True, False):
        client = first_step(user)
        client.post(SECOND_STEP, {"code": codes[0]})
        assert is_in(client) is expected


def test_a_new_password_by_mail_does_not_replace_the_factor(client):
    user = with_application(ContactFactory().user)
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    page = client.get(f"/compte/mot-de-passe/nouveau/{key}/", follow=True)
    client.post(
        page.request["PATH_INFO"],
        {"password1": "Rivière-calme-42", "password2": "Rivière-calme-42"},
    )
    assert User.objects.get(pk=user.pk).check_password("Rivière-calme-42")
    assert not is_in(client)


# --- adding and removing --------------------------------------------------------------------------


def test_adding_a_factor_asks_for_the_password_again():
    page = as_(ContactFactory().user).get(ACTIVATE)
    assert page.url.startswith("/compte/confirmation/")


@pytest.mark.django_db(transaction=True)
def test_activating_the_application_shows_recovery_codes_and_is_logged():
    user = ContactFactory().user
    client = confirmed(user)
    secret = client.get(ACTIVATE).context["form"].secret
    answer = client.post(ACTIVATE, {"code": code(secret)})
    assert answer.url == "/compte/securite/recovery-codes/"
    page = client.get(answer.url)
    shown = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    assert len(shown) == 10 and all(code in page.text for code in shown)
    assert client.get(f"{answer.url}download/").status_code == 200
    assert AuditEvent.objects.get(action="account.second_factor_added").actor_id == str(user.pk)
    assert client.post(f"{SECURITY}totp/deactivate/").url == SECURITY
    assert not Authenticator.objects.exists()
    assert AuditEvent.objects.filter(action="account.second_factor_removed").count() == 1


def test_a_wrong_code_activates_nothing():
    user = ContactFactory().user
    client = confirmed(user)
    client.get(ACTIVATE)
    assert client.post(ACTIVATE, {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()


# --- passkeys -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "works"),
    [
        ("testserver", True),
        ("localhost:8000", True),
        ("127.0.0.1", False),
        ("127.0.0.1:8000", False),
    ],
)
def test_passkeys_are_offered_where_browsers_make_them(host, works):
    client = confirmed(ContactFactory().user)
    page = client.get(SECURITY, headers={"host": host}).text
    assert ("Ajouter une clé" in page) is works
    assert ("qui est un numéro" in page) is not works
    answer = client.get(f"{SECURITY}webauthn/add/", headers={"host": host})
    assert answer.status_code == (200 if works else 302)
    if host.endswith("1:8000"):
        assert "http://localhost:8000/compte/securite/" in page


# --- compulsory -----------------------------------------------------------------------------------


@pytest.fixture
def compulsory(settings):
    settings.REQUIRE_SECOND_FACTOR = True


STAYS_OPEN = {
    "account_logout",
    "account_reauthenticate",
    "admin_logout",
    "wagtailadmin_logout",  # the same address
}


def pages() -> list:
    """Every address that needs no key, and asks for a sign-in."""
    return [route for route in routes() if not any(mark in route.path for mark in "<(^$")]


@pytest.mark.parametrize("person", [an_officer, an_administrator])
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_factor_every_page_leads_to_the_one_that_adds_it(compulsory, person, method):
    client = as_(person())
    opened = []
    for route in pages():
        if route.name in STAYS_OPEN or route.name.startswith("mfa_"):
            continue
        answer = getattr(client, method)(route.path)
        view = answer.resolver_match.func if answer.resolver_match else None
        if getattr(view, "login_required", True) and (
            answer.status_code != 302 or answer.url != SECURITY
        ):
            opened.append((route.path, answer.status_code))
    assert opened == []


def test_the_page_says_what_is_missing_and_why(compulsory):
    client = as_(an_officer())
    page = client.get("/admin/", follow=True)
    assert page.request["PATH_INFO"] == SECURITY
    assert "la double authentification est obligatoire" in page.text


def test_an_object_s_page_is_closed_too(compulsory):
    contact = ContactFactory()
    client = as_(an_officer())
    for path in (f"/admin/contacts/inspect/{contact.pk}/", f"/admin/contacts/edit/{contact.pk}/"):
        assert client.get(path).url == SECURITY
        assert client.post(path).url == SECURITY


def test_signing_out_stays_possible(compulsory):
    client = as_(an_officer())
    client.post("/compte/deconnexion/")
    assert not is_in(client)


def test_with_a_factor_the_platform_is_open(compulsory):
    for user in (an_officer(), an_administrator()):
        assert as_(with_application(user)).get("/admin/").status_code == 200


def test_removing_the_last_factor_is_possible_and_says_what_follows(compulsory):
    client = confirmed(with_application(an_officer()))
    page = client.get(f"{SECURITY}totp/deactivate/")
    assert "vous devrez en ajouter un autre" in page.text
    client.post(f"{SECURITY}totp/deactivate/")
    assert client.get("/admin/").url == SECURITY


def test_nobody_else_is_asked(compulsory):
    assert as_(ContactFactory().user).get("/mes-informations/").status_code == 200
    assert as_(UserFactory(analyst=True)).get("/data/").url.endswith("/data/ilo")


def test_who_becomes_administrator_is_asked_at_once(compulsory):
    user = ContactFactory().user
    client = as_(user)
    assert client.get("/mes-informations/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_administrator=True)
    assert client.get("/mes-informations/").url == SECURITY


# --- after a loss ---------------------------------------------------------------------------------


def reset(client: Client, person: User, reason: str = "Vu en visioconférence"):
    """What the button of the person's page does."""
    return client.post(f"/admin/personnes/{person.pk}/second-facteur/", {"reason": reason})


def test_an_administrator_helps_somebody_who_lost_their_factor():
    person = with_application(an_officer())
    RecoveryCodes.activate(person)
    client = as_(an_administrator(first_name="Anne", last_name="Petit"))
    page = client.get(f"/admin/personnes/inspect/{person.pk}/")
    assert "Retirer sa double authentification" in page.text
    reset(client, person)
    assert not Authenticator.objects.exists()
    event = AuditEvent.objects.get(action="account.second_factor_reset")
    assert (event.target_id, event.detail.content["reason"]) == (
        str(person.pk),
        "Vu en visioconférence",
    )
    mail = OutboxMessage.objects.get()
    assert mail.address == person.email
    assert "Anne Petit a retiré votre double authentification" in mail.body
    client = Client()
    assert client.post(SIGN_IN, {"login": person.email, "password": PASSWORD}).url != SECOND_STEP


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reset_needs_its_reason(reason):
    person = with_application(an_officer())
    reset(as_(an_administrator()), person, reason)
    assert Authenticator.objects.exists() and not OutboxMessage.objects.exists()


def test_nobody_else_resets_and_nobody_their_own():
    person = with_application(an_officer())
    administrator = with_application(an_administrator())
    technical = User.objects.create_superuser("root@exemple.example", "x", last_name="Racine")
    with_application(technical)
    for user, other in (
        (an_officer(), person),
        (person, person),
        (ContactFactory().user, person),
        (administrator, administrator),
        (administrator, technical),
    ):
        reset(as_(user), other)
    assert Authenticator.objects.count() == 3
    assert not AuditEvent.objects.filter(action="account.second_factor_reset").exists()
    reset(as_(technical), administrator)
    assert Authenticator.objects.count() == 2


def test_administrators_find_who_has_no_factor():
    administrator = an_administrator()
    person = with_application(UserFactory(last_name="Avecfacteur"))
    other = UserFactory(last_name="Sansfacteur")
    client = as_(administrator)
    with_factor = client.get("/admin/personnes/?second_factor=true").text
    assert person.last_name in with_factor and other.last_name not in with_factor
    without = client.get("/admin/personnes/?second_factor=false").text
    assert other.last_name in without and person.last_name not in without


# --- what ends a session --------------------------------------------------------------------------


def test_a_new_password_ends_the_other_sessions():
    user = ContactFactory().user
    here, elsewhere = confirmed(user), as_(user)
    assert elsewhere.get("/").status_code == 200
    here.post(
        "/compte/mot-de-passe/",
        {
            "oldpassword": PASSWORD,
            "password1": "Rivière-calme-42",
            "password2": "Rivière-calme-42",
        },
    )
    assert User.objects.get(pk=user.pk).check_password("Rivière-calme-42")
    assert elsewhere.get("/").url.startswith(SIGN_IN)


def test_a_closed_account_is_out_at_the_next_click():
    officer, person = an_officer(), ContactFactory().user
    for user, path in ((officer, "/admin/"), (person, "/mes-informations/")):
        client = as_(user)
        assert client.get(path).status_code == 200
        user.is_active = False
        save_person(person=user, acting_user=an_administrator())
        assert client.get(path, follow=True).request["PATH_INFO"] == SIGN_IN
        assert client.post(path).status_code == 302
        assert not user.groups.exists()
        page = Client().post(SIGN_IN, {"login": user.email, "password": PASSWORD})
        assert "_auth_user_id" not in page.wsgi_request.session


def test_the_database_holds_no_secret_in_clear():
    user = UserFactory()
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    stored = " ".join(str(row.data) for row in Authenticator.objects.all())
    seed = get_adapter().decrypt(Authenticator.objects.get(type="recovery_codes").data["seed"])
    assert SECRET not in stored and seed not in stored


def test_a_factor_outlives_a_change_of_key_and_opens_nothing_once_it_is_lost(settings):
    kept = get_adapter().encrypt(SECRET)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key " * 6
    assert get_adapter().decrypt(kept) == SECRET
    settings.SECRET_KEY_FALLBACKS = []
    assert SECRET not in {get_adapter().decrypt(kept) for _ in range(3)}
    user = UserFactory()
    Authenticator.objects.create(user=user, type="totp", data={"secret": kept})
    for secret in (SECRET, ""):
        answer = first_step(user).post(SECOND_STEP, {"code": code(secret)})
        assert answer.status_code == 200 and "_auth_user_id" not in answer.client.session
