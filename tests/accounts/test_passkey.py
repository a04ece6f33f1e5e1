"""A passkey in a real browser: added when it is compulsory, then asked for at the next sign-in."""

import pytest
from allauth.mfa.models import Authenticator

from tests.factories import PASSWORD
from tests.helpers.browser import violations
from tests.helpers.intranet import an_officer


pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

#: A key built into the device that recognises its owner by itself.
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def sign_in(page, url: str, email: str) -> None:
    page.goto(f"{url}/compte/connexion/")
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()


def test_a_passkey_is_added_and_then_asked_for(live_server, browser, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    user, url = an_officer(), live_server.url
    assert url.startswith("http://localhost:")  # a name, without which there are no passkeys
    context = browser.new_context()
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})

    sign_in(page, url, user.email)
    page.wait_for_url("**/compte/securite/")
    assert "la double authentification est obligatoire" in page.inner_text("main")
    assert violations(page) == []
    page.get_by_role("link", name="Ajouter une clé").click()
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Confirmer").click()
    page.get_by_role("button", name="Ajouter la clé").click()
    page.wait_for_url("**/recovery-codes/")
    assert "10 sur 10" in page.inner_text("main")
    assert set(Authenticator.objects.values_list("type", flat=True)) == {
        "webauthn",
        "recovery_codes",
    }
    page.goto(f"{url}/admin/")
    assert page.url == f"{url}/admin/"

    context.clear_cookies()
    sign_in(page, url, user.email)
    page.wait_for_url("**/compte/securite/authenticate/")
    page.get_by_role("button", name="Utiliser une clé de sécurité").click()
    page.wait_for_url(f"{url}/admin/")
    context.close()
