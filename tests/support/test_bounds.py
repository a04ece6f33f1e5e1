"""While an assistance lasts: the banner, the marks in the log, and what stays closed (SPEC A12)."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.readable import actor, changes
from ilo_cms.audit.services import assistant, faults, record
from ilo_cms.directory.confirmation import confirm_record
from ilo_cms.directory.policies import can_commit_as
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record, withdraw
from ilo_cms.notifications.models import Notification
from ilo_cms.notifications.services import mark_read
from ilo_cms.support.models import SupportRequest
from tests.factories import ContactFactory, UserFactory
from tests.helpers.intranet import an_administrator, as_
from tests.support.test_assistance import END, assist, page_of


pytestmark = pytest.mark.django_db

BANNER = "Assistance en cours"


@pytest.fixture
def acting():
    """As in a request of an assistance."""
    mark = assistant.set("Anne Durand")
    yield
    assistant.reset(mark)


# --- the banner -------------------------------------------------------------------------------


def extranet_pages() -> list[str]:
    """Every address without variable outside the intranet."""

    def walk(patterns, prefix="/"):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern) and "<" not in path and "(" not in path:
                yield path.replace("^", "").replace("$", "")

    paths = sorted(set(walk(get_resolver().url_patterns)))
    return [path for path in paths if not path.startswith("/admin/")]


def test_the_banner_is_on_every_page():
    contact = ContactFactory()
    client = assist(contact)
    seen = []
    for path in [*extranet_pages(), "/nulle-part/", "/admin/", "/admin/structures/"]:
        page = client.get(path)
        if path == "/compte/deconnexion/" or page.status_code in {200, 403, 404}:
            assert BANNER in page.text, path
            assert str(contact.user) in page.text, path
            assert str(contact.organisation) in page.text, path
            assert f'action="{END}"' in page.text, path
            seen.append(path)
    assert {"/", "/assistance/", "/mes-informations/", "/compte/mot-de-passe/"} <= set(seen)
    assert len(seen) > 12


def test_an_ordinary_page_has_no_banner(sign_in):
    contact = ContactFactory()
    assert BANNER not in sign_in(contact.user, contact).get("/").text


def test_the_banner_s_button_passes_the_csrf_check():
    contact = ContactFactory()
    client = assist(contact)
    page = client.get("/assistance/").text
    form = page.partition(BANNER)[2].partition("</form>")[0]
    token = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    client.handler.enforce_csrf_checks = True
    assert client.post(END).status_code == 403
    assert client.post(END, {"csrfmiddlewaretoken": token}).status_code == 302


# --- the log ----------------------------------------------------------------------------------


def test_all_that_is_done_meanwhile_is_marked_and_nothing_else():
    contact, administrator = ContactFactory(), an_administrator()
    client = assist(contact, administrator)
    client.post(
        reverse("support"), {"description": "Vu avec la personne", "acting_as": str(contact.pk)}
    )
    assert SupportRequest.objects.get().user == contact.user
    client.post(END)
    as_(contact.user).post(reverse("support"), {"description": "Par moi-même"})
    events = AuditEvent.objects.filter(action="support.requested").order_by("sequence")
    helped, alone = events
    assert helped.detail.content["assistance"] == str(administrator)
    assert helped.detail.content["actor"] == str(contact.user)
    assert actor(helped) == f"{contact.user}, par l’assistance ({administrator})"
    assert str(administrator) not in " ".join(changes(helped))
    assert "assistance" not in alone.detail.content
    for event in AuditEvent.objects.filter(action__in=["support.started", "support.ended"]):
        assert "assistance" not in event.detail.content
    assert list(faults()) == []


def test_an_edited_mark_is_found(acting):
    event = record("account.created", actor=UserFactory())
    content = event.detail.content | {"assistance": "Quelqu’un d’autre"}
    type(event.detail).objects.filter(pk=event.pk).update(content=content)
    assert list(faults()) == [f"{event.sequence}: its detail was edited"]


def test_an_erased_mark_leaves_the_chain_valid(acting):
    event = record("account.created", actor=UserFactory())
    event.detail.delete()
    assert list(faults()) == []
    assert actor(AuditEvent.objects.get()) == "effacé"


def test_the_mark_ends_with_the_request():
    client = assist(ContactFactory())
    client.get("/")
    client.get("/nulle-part/")
    client.get("/compte/mot-de-passe/")
    assert assistant.get() == ""


# --- what stays closed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [path for path in extranet_pages() if path.startswith("/compte/")] + ["/structure/"]
)
def test_the_account_and_the_choice_of_structure_are_closed(path):
    contact = ContactFactory()
    ContactFactory(user=contact.user)
    client = assist(contact)
    if path == "/compte/deconnexion/":
        return
    before = User.objects.filter(pk=contact.user.pk).values().get()
    for method in (client.get, client.post):
        page = method(path)
        assert page.status_code == 403
        assert "Pendant une assistance" in page.text
    assert User.objects.filter(pk=contact.user.pk).values().get() == before


@pytest.mark.parametrize("name", ["confirm_email", "cancel_email", "activate"])
def test_links_of_the_person_s_mails_are_closed(name):
    client = assist(ContactFactory())
    address = reverse(name, args=["jeton"])
    assert client.get(address).status_code == 403
    assert client.post(address).status_code == 403


def test_another_structure_is_not_offered():
    contact = ContactFactory()
    ContactFactory(user=contact.user)
    assert "changer de structure" not in assist(contact).get("/").text


@pytest.mark.parametrize("path", ["/admin/", "/admin/structures/", "/data/", "/admin/journal/"])
def test_the_intranet_and_the_reports_are_closed(path):
    client = assist(ContactFactory())
    assert client.get(path, follow=True).status_code == 403


def test_nothing_is_confirmed_in_somebody_s_place(acting):
    contact = ContactFactory()
    decision = can_commit_as(contact)
    assert not decision
    assert "elle seule" in decision.reason
    with pytest.raises(PermissionDenied):
        confirm_record(contact=contact)
    contact.organisation.refresh_from_db()
    assert contact.organisation.confirmed_at is None


def test_no_moderated_change_is_asked_in_somebody_s_place(acting):
    contact = ContactFactory()
    values = {"name": "Autre nom", "website": "https://sol.example"}
    with pytest.raises(PermissionDenied, match="ne dépose"):
        save_record(
            contact=contact,
            target=Target.ORGANISATION,
            record_id=contact.organisation_id,
            values=values,
        )
    free = {"website": "https://sol.example"}
    assert not save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation_id,
        values=free,
    )


def test_no_request_is_withdrawn_in_somebody_s_place():
    contact = ContactFactory()
    request = save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation_id,
        values={"name": "Conseil Sol SCOP"},
    )
    mark = assistant.set("Anne Durand")
    with pytest.raises(PermissionDenied, match="à la place"):
        withdraw(change_request=request, contact=contact)
    assistant.reset(mark)
    withdraw(change_request=request, contact=contact)


def test_the_stamp_of_the_record_is_refused_through_the_page():
    contact = ContactFactory()
    client = assist(contact)
    assert "Je confirme" not in client.get(reverse("record")).text
    refused = client.post(reverse("record_confirm"), {"acting_as": str(contact.pk)})
    assert refused.status_code == 403
    assert "elle seule peut le faire" in refused.text
    contact.organisation.refresh_from_db()
    assert contact.organisation.confirmed_at is None
    assert not AuditEvent.objects.filter(action="record.confirmed").exists()


@pytest.mark.parametrize("kind", ["former", "inactive", "none", "ordinary"])
def test_committing_otherwise_follows_writing(kind):
    contact = None
    if kind != "none":
        contact = ContactFactory(former=kind == "former", organisation__inactive=kind == "inactive")
    assert bool(can_commit_as(contact)) is (kind == "ordinary")


def test_notices_stay_unread():
    contact = ContactFactory()
    notice = Notification.objects.create(
        recipient=contact.user, kind="k", category="c", text="Bonjour", path="/mes-informations/"
    )
    client = assist(contact)
    read = reverse("notification_read", args=[notice.pk])
    assert "Bonjour" in client.get("/notifications/").text
    assert client.post(read).status_code == 403
    assert client.post(reverse("notifications_read_all")).status_code == 403
    assert client.post(read, {"open": "1"}).url == "/mes-informations/"
    notice.refresh_from_db()
    assert notice.read_at is None
    client.post(END)
    assert as_(contact.user).post(read, {"open": "1"}).url == "/mes-informations/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_marking_read_is_refused_wherever_it_is_asked(acting):
    with pytest.raises(PermissionDenied):
        mark_read(Notification.objects.all())


def test_another_start_is_closed_meanwhile():
    client = assist(ContactFactory())
    assert client.get(page_of(ContactFactory())).status_code == 302
