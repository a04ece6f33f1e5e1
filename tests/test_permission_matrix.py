"""Every address by every role (SPEC A6, A10): a new address that nobody listed here fails.

Each row says what each role is answered, on an object of "Conseil Sol". 302 for a visitor leads to
the sign-in page, 404 says nothing about what exists.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from ilo_cms.desk.management.commands.setup_ilo import wire
from ilo_cms.directory.models import Contact
from tests.helpers.world import ROLES, everyone, keys_of


pytestmark = pytest.mark.django_db


def row(answers: str) -> dict[str, set[int]]:
    """One row of the matrix: an answer per role, in the order of ROLES; "a|b" allows both."""
    cells = [{int(code) for code in cell.split("|")} for cell in answers.split()]
    assert len(cells) == len(ROLES)
    return dict(zip(ROLES, cells, strict=True))


#        visitor provider colleague stranger former beneficiary referent officer admin analyst
OWN_PAGE = row("302 200 200 200 200 200 403 403 403 403")
OWN_REQUEST = row("302 200 200 404 200 404 403 403 403 403")
SIGNED_IN = row("302 200 200 200 200 200 200 200 200 200")
FOR_ALL = row("200 200 200 200 200 200 200 200 200 200")
ACCOUNT = row("302 200|302 200|302 200|302 200|302 200|302 200|302 200|302 200|302 200|302")
ENTRANCE = row("200|302 200|302 200|302 200|302 200|302 200|302 200|302 200|302 200|302 200|302")
POST_ONLY = row("302 405 405 405 405 405 405 405 405 405")
TO_THE_FORM = row("302 302 302 302 302 302 302 302 302 302")
REPORTS = row("302 403 403 403 403 403 302 302 302 302")

GET = {
    "home": row("302 200 200 200 200 200 302 302 302 302"),
    "structure": SIGNED_IN,
    "record": OWN_PAGE,
    "record_organisation": OWN_PAGE,
    "record_establishment": OWN_PAGE,
    "record_history": OWN_PAGE,
    "record_confirm": TO_THE_FORM,
    "record_copy_to_organisation": TO_THE_FORM,
    "record_copy_to_contact": TO_THE_FORM,
    "old_values": OWN_PAGE,
    "old_value": OWN_REQUEST,
    "record_documents": OWN_PAGE,
    "document_withdraw": POST_ONLY,
    # tests/documents/test_download.py asks in more ways
    "document_download": row("302 200 200 404 404 404 200 200 200 404"),
    # Made after the former contact left.
    "change_request": row("302 200 200 404 404 404 403 403 403 403"),
    "change_request_withdraw": TO_THE_FORM,
    "engagement": row("302 200 200 404 404 200 403 403 403 403"),
    "engagement_contacts": row("302 200 200 404 404 200 403 403 403 403"),
    "engagement_meetings": row("302 200 200 404 404 200 403 403 403 403"),
    "engagement_documents": row("302 200 200 404 404 200 403 403 403 403"),
    "assignment": row("302 200 200 404 404 200 403 403 403 403"),
    # Deposited by the provider, after the former contact left.
    "own_resource": row("302 302 302 404 404 404 403 403 403 403"),
    "document_requests": OWN_PAGE,
    # Not to the former contact, who may read what was decided but no document.
    "document_request": row("302 200 200 404 404 404 403 403 403 403"),
    "document_request_reuse": TO_THE_FORM,
    "document_request_cannot": TO_THE_FORM,
    "document_request_take_back": TO_THE_FORM,
    "document_request_send": TO_THE_FORM,
    "tenders": OWN_PAGE,
    # Sent after the former contact left.
    "tender": row("302 200 200 404 404 404 403 403 403 403"),
    "tender_offer": row("302 200 200 404 404 404 403 403 403 403"),
    "tender_offer_file": row("302 302 302 302 302 302 403 403 403 403"),
    "tender_offer_file_remove": TO_THE_FORM,
    "offer": row("302 200 200 404 404 404 403 403 403 403"),
    "offer_confirm": TO_THE_FORM,
    "offer_withdraw": TO_THE_FORM,
    "deposit_receipt": row("302 200 200 404 404 404 403 403 403 403"),
    "deposit_receipt_pdf": row("302 200 200 404 404 404 403 403 403 403"),
    "notifications": SIGNED_IN,
    "notification_read": POST_ONLY,
    "notifications_read_all": POST_ONLY,
    # Shared today: the former contact had left before.
    "evaluation": row("302 200 200 404 404 404 403 403 403 403"),
    "evaluation_read": TO_THE_FORM,
    "satisfaction": row("302 404 404 404 404 200 403 403 403 403"),
    "meetings": OWN_PAGE,
    # Proposed to "provider" after the former contact left.
    "meeting": row("302 200 200 404 404 404 403 403 403 403"),
    # Its date is fixed.
    "meeting_file": row("302 200 200 404 404 404 403 403 403 403"),
    "calendar": SIGNED_IN,
    "calendar_feed": row("404 404 404 404 404 404 404 404 404 404"),
    "meeting_choose": row("302 302 302 302 302 302 200 200 200 302"),
    "meeting_propose": row("302 302 302 302 302 302 200 302 302 302"),
    "activate": row("410 410 410 410 410 410 410 410 410 410"),
    "preferences": SIGNED_IN,
    "confirm_email": row("410 410 410 410 410 410 410 410 410 410"),
    "cancel_email": row("410 410 410 410 410 410 410 410 410 410"),
    "reports": REPORTS,
    "reports_page": REPORTS,
    "gallery": FOR_ALL,
    "referencing": FOR_ALL,
    "support": SIGNED_IN,
    "support_end": POST_ONLY,
    "support_start": row("302 302 302 302 302 302 302 302 200 302"),
    "support_screenshot": row("302 302 302 302 302 302 404 404 200 302"),
    "account_login": ENTRANCE,
    "account_logout": ENTRANCE,
    "account_signup": ENTRANCE,
    "account_inactive": FOR_ALL,
    "account_reauthenticate": ACCOUNT,
    "account_change_password": ACCOUNT,
    "account_set_password": ACCOUNT,
    "account_reset_password": ENTRANCE,
    "account_reset_password_done": ENTRANCE,
    "account_reset_password_from_key": ENTRANCE,
    "account_reset_password_from_key_done": ENTRANCE,
    "mfa_authenticate": ENTRANCE,
    "mfa_index": ACCOUNT,
    "mfa_reauthenticate": ACCOUNT,
    "mfa_activate_totp": ACCOUNT,
    "mfa_deactivate_totp": row("302 404 404 404 404 404 404 404 404 404"),
    "mfa_view_recovery_codes": row("302 404 404 404 404 404 404 404 404 404"),
    "mfa_generate_recovery_codes": ACCOUNT,
    "mfa_download_recovery_codes": row("302 404 404 404 404 404 404 404 404 404"),
    "mfa_list_webauthn": ACCOUNT,
    "mfa_add_webauthn": ACCOUNT,
    "mfa_reauthenticate_webauthn": ACCOUNT,
    "mfa_remove_webauthn": row("302 302 302 302 302 302 302 302 302 302"),
    "mfa_edit_webauthn": row("302 302 302 302 302 302 302 302 302 302"),
    "admin_logout": ENTRANCE,
    "admin_login": row("302 403 403 403 403 403 302 302 302 403"),
    "change_request_decide": row("302 302 302 302 302 302 200 200 200 302"),
    "change_request_referent": row("302 302 302 302 302 302 405 405 405 302"),
    "change_request_accept_all": row("302 302 302 302 302 302 200 200 200 302"),
    "moderation_rules": row("302 302 302 302 302 302 302 302 200 302"),
    "contact_activation": row("302 302 302 302 302 302 405 405 405 302"),
    "contact_move": row("302 302 302 302 302 302 200 200 200 302"),
    "provider_search": row("302 302 302 302 302 302 200 200 200 302"),
    "second_factor_reset": row("302 302 302 302 302 302 405 405 405 302"),
    "provider_activation": row("302 302 302 302 302 302 302 302 200 302"),
    "evaluation_start": row("302 302 302 302 302 302 200 200 302 302"),
    "evaluation_page": row("302 302 302 302 302 302 200 200 200 302"),
    "evaluation_edit": row("302 302 302 302 302 302 200 302 302 302"),
    "satisfaction_start": row("302 302 302 302 302 302 200 200 302 302"),
    "satisfaction_page": row("302 302 302 302 302 302 200 404 200 302"),
    "engagement_satisfaction": row("302 302 302 302 302 302 200 302 302 302"),
    "grid_preview": row("302 302 302 302 302 302 200 200 200 302"),
    "grid_results": row("302 302 302 302 302 302 200 200 200 302"),
    # Without saying from which record; tests/document_requests/test_officers.py says more.
    "document_request_ask": row("302 302 302 302 302 302 404 404 404 302"),
    "document_request_check": row("302 302 302 302 302 302 200 200 200 302"),
    "document_request_cancel": row("302 302 302 302 302 302 405 405 405 302"),
    "document_request_reopen": row("302 302 302 302 302 302 405 405 405 302"),
    "document_request_reschedule": row("302 302 302 302 302 302 405 405 405 302"),
    "document_request_remind": row("302 302 302 302 302 302 405 405 405 302"),
    "document_request_deposit": row("302 302 302 302 302 302 405 405 405 302"),
    "document_request_archive": row("302 302 302 302 302 302 200 200 200 302"),
    "document_request_remind_all": row("302 302 302 302 302 302 200 200 200 302"),
    "organisation_archive": row("302 302 302 302 302 302 200 200 200 302"),
    # Officers are led back to the intranet's home: mails are the administrators'.
    "mail_resend": row("302 302 302 302 302 302 302 302 200 302"),
    "mail_texts": row("302 302 302 302 302 302 302 302 200 302"),
    "mail_text": row("302 302 302 302 302 302 302 302 200 302"),
    # Tenders, call side: the team acts, administrators read, other officers find nothing.
    "tender_start": row("302 302 302 302 302 302 200 200 302 302"),
    "tender_create": row("302 302 302 302 302 302 200 404 302 302"),
    "tender_outside": row("302 302 302 302 302 302 200 404 302 302"),
    "tender_page": row("302 302 302 302 302 302 200 404 200 302"),
    "tender_edit": row("302 302 302 302 302 302 200 404 302 302"),
    "tender_publish": row("302 302 302 302 302 302 200 404 302 302"),
    "tender_recipients": row("302 302 302 302 302 302 200 404 302 302"),
    "tender_copy": row("302 302 302 302 302 302 200 404 200 302"),
    # The one of the other rows is in preparation, this one was sent.
    "tender_amend": row("302 302 302 302 302 302 200 404 302 302"),
    "tender_answer": row("302 302 302 302 302 302 200 404 302 302"),
    # Not opened yet: there is no record. tests/tenders/test_selection_pages.py says more.
    "tender_opening": row("302 302 302 302 302 302 404 404 404 302"),
    "tender_archive": row("302 302 302 302 302 302 200 404 200 302"),
    # An act that nobody knows.
    "tender_act": row("302 302 302 302 302 302 404 404 404 302"),
    "tender_take_off": row("302 302 302 302 302 302 405 405 405 302"),
    "tender_take_back": row("302 302 302 302 302 302 405 405 405 302"),
}
POST = {
    "referencing": row("422 422 422 422 422 422 422 422 422 422"),
    "support": row("302 422 422 422 422 422 422 422 422 422"),
    # Nobody here acts as somebody else: there is nothing to end.
    "support_end": row("302 302 302 302 302 302 302 302 302 302"),
    "support_start": row("302 302 302 302 302 302 302 302 422 302"),
    "activate": row("410 410 410 410 410 410 410 410 410 410"),
    # The officer is led back to the contact, with what was sent or the reason why nothing was.
    "contact_activation": row("302 302 302 302 302 302 302 302 302 302"),
    "provider_activation": row("302 302 302 302 302 302 302 302 422 302"),
    "contact_move": row("302 302 302 302 302 302 200 200 200 302"),
    # Back to the person's page, with what was done or why not.
    "second_factor_reset": row("302 302 302 302 302 302 302 302 302 302"),
    # Posted for one's own organisation; for another it is 409 (tests/extranet/test_other_tab.py).
    "record_confirm": row("302 302 302 302 403 302 403 403 403 403"),
    "record_copy_to_organisation": row("302 302 302 302 403 302 403 403 403 403"),
    "record_copy_to_contact": row("302 302 302 302 403 302 403 403 403 403"),
    "old_value": row("302 422 422 404 403 404 403 403 403 403"),
    # Without a file.
    "record_documents": row("302 422 422 422 422 422 403 403 403 403"),
    "document_withdraw": row("302 302 403 404 404 404 403 403 403 403"),
    # Without a text, or without answers; a refusal keeps what was typed.
    "evaluation": row("302 422 422 404 404 404 403 403 403 403"),
    "evaluation_read": row("302 302 302 404 404 404 403 403 403 403"),
    "satisfaction": row("302 404 404 404 404 422 403 403 403 403"),
    "evaluation_page": row("302 302 302 302 302 302 302 302 302 302"),
    "evaluation_edit": row("302 302 302 302 302 302 422 302 302 302"),
    "satisfaction_page": row("302 302 302 302 302 302 302 404 302 302"),
    "engagement_satisfaction": row("302 302 302 302 302 302 422 302 302 302"),
    "grid_preview": row("302 302 302 302 302 302 302 302 302 302"),
    # Without a file, without a row, with nothing prepared.
    "document_request": row("302 422 422 404 404 404 403 403 403 403"),
    "document_request_reuse": row("302 409 409 404 404 404 403 403 403 403"),
    "document_request_cannot": row("302 422 422 404 404 404 403 403 403 403"),
    "document_request_take_back": row("302 422 422 404 404 404 403 403 403 403"),
    "document_request_send": row("302 422 422 404 404 404 403 403 403 403"),
    # Led back to the request, with what was done or why not.
    "document_request_check": row("302 302 302 302 302 302 422 422 422 302"),
    "document_request_cancel": row("302 302 302 302 302 302 422 422 422 302"),
    "document_request_reopen": row("302 302 302 302 302 302 422 422 422 302"),
    "document_request_reschedule": row("302 302 302 302 302 302 422 422 422 302"),
    "document_request_remind": row("302 302 302 302 302 302 302 302 302 302"),
    "document_request_deposit": row("302 302 302 302 302 302 422 422 422 302"),
    "document_request_remind_all": row("302 302 302 302 302 302 200 200 200 302"),
    # Without an act, a key or a file.
    "tender": row("302 422 422 404 404 404 403 403 403 403"),
    "tender_offer": row("302 422 422 404 404 404 403 403 403 403"),
    "tender_offer_file": row("302 422 422 404 404 404 403 403 403 403"),
    "tender_offer_file_remove": row("302 422 422 404 404 404 403 403 403 403"),
    "offer_confirm": row("302 422 422 404 404 404 403 403 403 403"),
    "offer_withdraw": row("302 422 422 404 404 404 403 403 403 403"),
    "change_request_withdraw": row("302 302 403 404 404 404 403 403 403 403"),
    "notification_read": row("302 302 404 404 404 404 404 404 404 404"),
    "notifications_read_all": row("302 302 302 302 302 302 302 302 302 302"),
    # A refused decision is the page with its reason; other refusals of the admin lead to its home.
    "change_request_decide": row("302 302 302 302 302 302 422 409 409 302"),
    "change_request_referent": row("302 302 302 302 302 302 302 302 302 302"),
    "change_request_accept_all": row("302 302 302 302 302 302 200 200 200 302"),
    "moderation_rules": row("302 302 302 302 302 302 302 302 302 302"),
    "cancel_email": row("410 410 410 410 410 410 410 410 410 410"),
    # Without anything to deposit.
    "engagement_documents": row("302 422 422 404 404 422 403 403 403 403"),
    # Without a button: back to the page, which says so.
    "own_resource": row("302 302 302 404 404 404 403 403 403 403"),
    "preferences": row("302 302 302 302 302 302 302 302 302 302"),
    "mail_resend": row("302 302 302 302 302 302 302 302 409 302"),
    "mail_text": row("302 302 302 302 302 302 302 302 200 302"),
    # Tenders, call side: without what the form asks; back to the page after one click.
    "tender_start": row("302 302 302 302 302 302 200 200 302 302"),
    "tender_create": row("302 302 302 302 302 302 422 404 302 302"),
    "tender_outside": row("302 302 302 302 302 302 422 404 302 302"),
    "tender_page": row("302 302 302 302 302 302 200 404 200 302"),
    "tender_edit": row("302 302 302 302 302 302 422 404 302 302"),
    "tender_publish": row("302 302 302 302 302 302 409 404 302 302"),
    "tender_recipients": row("302 302 302 302 302 302 422 404 302 302"),
    "tender_copy": row("302 302 302 302 302 302 422 404 422 302"),
    "tender_amend": row("302 302 302 302 302 302 422 404 302 302"),
    "tender_answer": row("302 302 302 302 302 302 422 404 302 302"),
    "tender_act": row("302 302 302 302 302 302 404 404 404 302"),
    # The referent, asked first, took it off.
    "tender_take_off": row("302 302 302 302 302 302 302 404 302|404 302"),
    "tender_take_back": row("302 302 302 302 302 302 302 404 302 302"),
}


@dataclass(frozen=True)
class Route:
    """One address of the platform: its pattern, and the name under which it is reversed."""

    path: str
    name: str


def routes(resolver=None, prefix: str = "/") -> Iterator[Route]:
    """Every address that the platform answers."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield Route(path, pattern.name or "")


OURS = {
    "meeting_choose",
    "meeting_propose",
    "provider_search",
    "admin_login",
    "admin_logout",
    "change_request_accept_all",
    "change_request_decide",
    "change_request_referent",
    "contact_activation",
    "contact_move",
    "document_request_archive",
    "document_request_ask",
    "document_request_cancel",
    "document_request_check",
    "document_request_deposit",
    "document_request_remind",
    "document_request_remind_all",
    "document_request_reopen",
    "document_request_reschedule",
    "mail_resend",
    "mail_text",
    "mail_texts",
    "moderation_rules",
    "organisation_archive",
    "provider_activation",
    "second_factor_reset",
    "support_screenshot",
    "support_start",
}
OURS |= {"tender_start", "tender_create", "tender_page", "tender_edit", "tender_publish"}
OURS |= {"tender_recipients", "tender_copy", "tender_amend", "tender_answer", "tender_act"}
OURS |= {"tender_take_off", "tender_take_back", "tender_outside"}
OURS |= {"tender_opening", "tender_archive"}
OURS |= {"evaluation_start", "evaluation_page", "evaluation_edit", "grid_preview", "grid_results"}
OURS |= {"satisfaction_start", "satisfaction_page", "engagement_satisfaction"}
OUTSIDE_ADMIN = [
    route for route in routes() if not route.path.startswith("/admin/") or route.name in OURS
]
INSIDE_ADMIN = [route for route in routes() if route not in OUTSIDE_ADMIN]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """People of every role, and what fills the variable of an address by the address's name.

    Made once, in a transaction around the tests: what each of them changes is undone after it.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        wire()
        people, contacts = everyone()
        yield people, keys_of(people, contacts)
        transaction.set_rollback(True)


def fill(route: Route, key: str) -> str:
    """The address with its variables filled in."""
    path = route.path
    for variable, value in {
        "<uuid:pk>": key,
        "<int:pk>": "1",
        "<int:number>": "1",
        "<str:token>": "jeton",
        "<str:act>": "confier",
        "<path:rest>": "ilo",
        "<str:kind_name>": "moderation.decided",
        "^": "",
        "$": "",
        "(?P<uidb36>[0-9A-Za-z]+)": "1",
        "(?P<key>.+)": "jeton",
    }.items():
        path = path.replace(variable, value)
    assert "<" not in path, f"{route}: say here what fills its variables"
    return path


def test_every_address_is_listed():
    unlisted = {route.name or route.path for route in OUTSIDE_ADMIN} - GET.keys()
    assert not unlisted, f"Say in this file who may open: {sorted(unlisted)}"
    stale = GET.keys() - {route.name for route in OUTSIDE_ADMIN}
    assert not stale, f"No such address any more: {sorted(stale)}"


@pytest.mark.parametrize("route", OUTSIDE_ADMIN, ids=lambda route: route.name or route.path)
def test_get(world, client, route):
    check(world, client, route, GET, client.get)


@pytest.mark.parametrize(
    "route",
    [route for route in OUTSIDE_ADMIN if route.name in POST],
    ids=lambda route: route.name,
)
def test_post(world, client, route):
    check(world, client, route, POST, client.post)


def form_of(person, ask) -> dict[str, str]:
    """What a posted form says of the capacity in which it was opened (SPEC A6)."""
    contact = Contact.objects.filter(user=person).first()
    return {"acting_as": str(contact.pk)} if contact and ask.__name__ == "post" else {}


def check(world, client, route: Route, matrix: dict, ask) -> None:
    """Ask as every role; the provider last, because their act may change the object."""
    people, key = world
    answers = {}
    for role in sorted(ROLES, key=lambda role: role == "provider"):
        client.logout()
        if people[role]:
            client.force_login(people[role])
        response = ask(fill(route, key(route.name)), form_of(people[role], ask))
        if response.streaming:
            b"".join(response)  # a file is closed once it is read
        elif "html" in response.get("Content-Type", ""):
            assert "---------" not in response.text, "a choice of nothing is said in words"
        answers[role] = response.status_code
    expected = matrix[route.name]
    wrong = {role: code for role, code in answers.items() if code not in expected[role]}
    assert not wrong, f"{route.path}: {wrong}, expected {expected}"


#: Addresses below /admin/ that answer everyone: they show nothing of anyone.
OPEN_IN_ADMIN = {
    "wagtailadmin_sprite",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_logout",  # ours answers first: it asks to confirm
}


@pytest.mark.parametrize("role", ["anonymous", "provider", "beneficiary", "analyst"])
def test_the_intranet_is_closed_to_the_others(world, client, role):
    people, key = world
    if people[role]:
        client.force_login(people[role])
    opened = []
    for route in INSIDE_ADMIN:
        path = route.path
        while "<" in path:
            start, _, rest = path.partition("<")
            variable, _, end = rest.partition(">")
            path = start + (key("") if "uuid" in variable else "1") + end
        if "(" in path or "^" in path:
            continue
        if client.get(path).status_code == 200 and route.name not in OPEN_IN_ADMIN:
            opened.append(path)
    assert not opened, f"{role} may open {opened}"


def test_refusals_in_the_admin_change_nothing(world, client):
    people, key = world
    path = fill(next(r for r in OUTSIDE_ADMIN if r.name == "change_request_decide"), key(""))
    from ilo_cms.moderation.models import ChangeRequest

    for role in ("officer", "administrator", "provider", "analyst"):
        client.force_login(people[role])
        client.post(path, {"fingerprint": "x"})
        assert ChangeRequest.objects.get(pk=key("")).is_pending
