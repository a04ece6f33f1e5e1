"""The extranet's page of help and its requests (SPEC A13)."""

import io
from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ilo_cms.audit.models import AuditEvent
from ilo_cms.desk.todo import todos
from ilo_cms.directory.models import OfficerAbsence
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.referentials.models import PlatformSettings
from ilo_cms.support.models import SupportRequest, SupportScreenshot
from ilo_cms.support.services import answer_request, ask_for_help
from tests.factories import (
    ContactFactory,
    OfficerFactory,
    SupportRequestFactory,
    UserFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db

ADDRESS = "/assistance/"


def picture() -> SimpleUploadedFile:
    """A screenshot as a browser sends it."""
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(buffer, format="PNG")
    return SimpleUploadedFile("capture.png", buffer.getvalue(), content_type="image/png")


def typed(contact=None, **changed):
    """What a person types."""
    acting_as = {"acting_as": str(contact.pk)} if contact else {}
    return (
        {"description": "Le bouton ne répond pas.", "page": "/mes-informations/"}
        | acting_as
        | changed
    )


# --- whom to call -----------------------------------------------------------------------------


def test_the_referent_comes_first(sign_in):
    contact = ContactFactory(
        organisation__referent=OfficerFactory(user__email="claire@dla.example")
    )
    PlatformSettings.objects.create(pk=1, support_email="national@ilo.example")
    page = sign_in(contact.user, contact).get(ADDRESS).text
    assert page.index("mailto:claire@dla.example") < page.index("mailto:national@ilo.example")
    assert "04 72 00 00 00" in page


@pytest.mark.parametrize(
    ("today", "who"),
    [("2026-11-22", "claire"), ("2026-11-23", "karim"), ("2026-11-27", "karim"),
     ("2026-11-28", "claire")],
)  # fmt: skip
def test_the_deputy_is_called_while_the_referent_is_absent(sign_in, today, who):
    referent = OfficerFactory(user__email="claire@dla.example")
    deputy = OfficerFactory(user__email="karim@dla.example")
    OfficerAbsence.objects.create(
        officer=referent,
        deputy=deputy,
        starts_on=date(2026, 11, 23),
        ends_on=date(2026, 11, 27),
    )
    contact = ContactFactory(organisation__referent=referent)
    with time_machine.travel(f"{today} 12:00:00+01:00", tick=False):
        page = sign_in(contact.user, contact).get(ADDRESS).text
    assert f"mailto:{who}@dla.example" in page
    assert ("absent·e jusqu’au 27 novembre 2026" in page) is (who == "karim")


def test_an_absent_referent_without_deputy_is_still_named(sign_in):
    referent = OfficerFactory()
    today = date.today()  # noqa: DTZ011  any day that is under way
    OfficerAbsence.objects.create(officer=referent, starts_on=today, ends_on=today)
    contact = ContactFactory(organisation__referent=referent)
    page = sign_in(contact.user, contact).get(ADDRESS).text
    assert f"mailto:{referent.user.email}" in page
    assert "absent·e jusqu’au" in page


@pytest.mark.parametrize("referent", [None, "gone"])
def test_without_referent_the_public_list_is_shown(sign_in, referent):
    contact = ContactFactory(organisation__referent=OfficerFactory(gone=True) if referent else None)
    page = sign_in(contact.user, contact).get(ADDRESS).text
    assert f'href="/referencement/?departement={contact.establishment.department.code}"' in page


def test_it_works_before_a_structure_is_chosen(sign_in):
    contact = ContactFactory()
    ContactFactory(user=contact.user)
    client = sign_in(contact.user)
    assert client.get(ADDRESS).status_code == 200
    assert client.post(ADDRESS, typed()).status_code == 302
    assert SupportRequest.objects.get().contact is None


# --- asking -----------------------------------------------------------------------------------


def test_a_request_gathers_who_where_and_what(sign_in):
    PlatformSettings.objects.create(pk=1, support_email="national@ilo.example")
    administrator = UserFactory(administrator=True)
    contact = ContactFactory()
    client = sign_in(contact.user, contact)
    page = client.post(
        ADDRESS,
        typed(contact, screenshot=picture()),
        headers={"User-Agent": "Navigateur/1.0 " + "x" * 400},
        follow=True,
    )
    assert "transmise à l’assistance nationale" in page.text
    asked = SupportRequest.objects.get()
    assert (asked.user, asked.contact, asked.page) == (contact.user, contact, "/mes-informations/")
    assert asked.user_agent.startswith("Navigateur/1.0")
    assert len(asked.user_agent) == 300
    assert Image.open(io.BytesIO(asked.screenshot.content)).format == "JPEG"
    assert Notification.objects.get().recipient == administrator
    mail = OutboxMessage.objects.get(address="national@ilo.example")
    assert "Le bouton ne répond pas." in mail.body
    link = f"http://testserver{reverse('support_request:inspect', args=[asked.pk])}"
    assert link in mail.body
    assert AuditEvent.objects.get().action == "support.requested"


def test_without_a_national_box_only_the_administrators_are_told(sign_in):
    administrator = UserFactory(administrator=True)
    contact = ContactFactory()
    sign_in(contact.user, contact).post(ADDRESS, typed(contact))
    assert OutboxMessage.objects.get().address == administrator.email


def test_a_second_click_makes_one_request(sign_in):
    contact = ContactFactory()
    client = sign_in(contact.user, contact)
    for _ in range(2):
        assert client.post(ADDRESS, typed(contact)).status_code == 302
    assert SupportRequest.objects.count() == 1


def test_the_request_is_made_in_the_capacity_of_its_page(sign_in):
    here = ContactFactory()
    there = ContactFactory(user=here.user)
    client = sign_in(here.user, there)
    client.post(ADDRESS, typed(here))
    assert SupportRequest.objects.get().contact == here


def test_nobody_asks_in_the_name_of_another_structure(sign_in):
    contact, other = ContactFactory(), ContactFactory()
    page = sign_in(contact.user, contact).post(ADDRESS, typed(other))
    assert page.status_code == 422
    assert not SupportRequest.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("capture.png", b"<html>non</html>"),
        ("image.svg", b"<svg onload='alert(1)'/>"),
        ("image.gif", b"GIF89a" + b"\0" * 40),
        ("capture.png", b""),
    ],
)
def test_a_bad_file_is_said_and_the_text_is_kept(sign_in, name, content):
    contact = ContactFactory()
    page = sign_in(contact.user, contact).post(
        ADDRESS, typed(contact, screenshot=SimpleUploadedFile(name, content))
    )
    assert page.status_code == 422
    assert "Le bouton ne répond pas." in page.text
    assert "errorlist" in page.text
    assert not SupportRequest.objects.exists()


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"description": ""}, 422),
        ({"description": "   "}, 422),
        ({"description": "x" * 10_000}, 422),
        ({"description": "a\x00b"}, 422),
        ({"page": "x" * 300}, 422),
        ({"acting_as": "pas-un-identifiant"}, 422),
        ({"acting_as": "\x00"}, 422),
        ({"description": "😀 <b>l’été</b> ' \" ; --"}, 302),
        ({"page": ""}, 302),
    ],
)
def test_bad_and_unusual_input(sign_in, changed, status):
    contact = ContactFactory()
    page = sign_in(contact.user, contact).post(ADDRESS, typed(contact) | changed)
    assert page.status_code == status


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.dictionaries(
        st.sampled_from(["description", "page", "acting_as", "screenshot"]), st.text(max_size=200)
    ),
    query=st.text(max_size=60),
)
def test_no_text_breaks_the_page(sign_in, values, query):
    contact = ContactFactory()
    client = sign_in(contact.user, contact)
    assert client.post(ADDRESS, values).status_code in {302, 422}
    assert client.get(ADDRESS, {"page": query}).status_code == 200


def test_ten_requests_an_hour(sign_in):
    contact = ContactFactory()
    client = sign_in(contact.user, contact)
    for number in range(10):
        assert client.post(ADDRESS, typed(description=f"Essai {number}")).status_code == 302
    page = client.post(ADDRESS, typed(description="Essai 11"))
    assert page.status_code == 429
    assert "Essai 11" in page.text


@pytest.mark.parametrize(
    ("query", "referer", "shown"),
    [
        ("/mes-informations/", "", "/mes-informations/"),
        ("", "http://testserver/notifications/?page=2", "/notifications/"),
        ("", "https://ailleurs.example/piege/", ""),
        ("https://ailleurs.example/", "", ""),
        ("//ailleurs.example/", "", ""),
        ("javascript:alert(1)", "", ""),
        ("http://[", "", ""),
        ("/compte/mot-de-passe/nouveau/1-secret/", "", ""),
        ("", "http://testserver/compte/activation/secret/", ""),
        ("/" + "x" * 400, "", "/" + "x" * 254),
        ("", "http://testserver/assistance/", ""),
    ],
)
def test_the_page_concerned_is_filled_in_from_this_site_only(sign_in, query, referer, shown):
    contact = ContactFactory()
    client = sign_in(contact.user, contact)
    asked = {"page": query} if query else {}
    page = client.get(ADDRESS, asked, headers={"Referer": referer} if referer else {})
    assert page.context["form"]["page"].value() == shown


# --- answering --------------------------------------------------------------------------------


def test_an_answer_reaches_the_person_here_and_by_mail(sign_in):
    found = SupportRequestFactory()
    answer_request(found=found, answer="Videz le cache.", acting_user=an_administrator())
    notice = Notification.objects.get()
    assert (notice.recipient, notice.organisation_id) == (
        found.user,
        found.contact.organisation_id,
    )
    assert "Videz le cache." in OutboxMessage.objects.get().body
    page = sign_in(found.user, found.contact).get(notice.path).text
    assert "Videz le cache." in page
    assert AuditEvent.objects.get().action == "support.handled"


def test_a_person_reads_the_requests_of_this_capacity_only(sign_in):
    here = SupportRequestFactory(description="Ici même")
    there = SupportRequestFactory(
        contact=ContactFactory(user=here.user), description="Pour une autre structure"
    )
    SupportRequestFactory(description="D’une autre personne")
    page = sign_in(here.user, here.contact).get(ADDRESS).text
    assert "Ici même" in page
    assert there.description not in page
    assert "D’une autre personne" not in page


def test_only_administrators_answer_and_only_once():
    found = SupportRequestFactory()
    for user in (OfficerFactory().user, found.user, UserFactory(analyst=True)):
        with pytest.raises(PermissionDenied):
            answer_request(found=found, answer="Non", acting_user=user)
    with pytest.raises(ValidationError):
        answer_request(found=found, answer="  ", acting_user=UserFactory(administrator=True))
    answer_request(found=found, answer="Oui", acting_user=UserFactory(administrator=True))
    with pytest.raises(ValidationError, match="déjà traitée"):
        answer_request(found=found, answer="Encore", acting_user=UserFactory(administrator=True))
    assert Notification.objects.count() == 1


def test_an_administrator_reads_and_answers_on_the_page():
    client, found = as_(an_administrator()), SupportRequestFactory()
    address = reverse("support_request:inspect", args=[found.pk])
    assert found.description in client.get(address).text
    assert client.post(address, {"answer": ""}).status_code == 422
    done = client.post(address, {"answer": "C’est réparé."}, follow=True)
    assert "prévenu·e de votre réponse" in done.text
    late = client.post(address, {"answer": "Encore"})
    assert late.status_code == 422
    assert "déjà traitée" in late.text


def test_the_picture_is_shown_to_administrators_and_can_be_nothing_else():
    found = SupportRequestFactory()
    SupportScreenshot.objects.create(request=found, content=b"\xff\xd8jpeg")
    address = reverse("support_screenshot", args=[found.pk])
    client = as_(an_administrator())
    assert address in client.get(reverse("support_request:inspect", args=[found.pk])).text
    shown = client.get(address)
    assert shown.content == b"\xff\xd8jpeg"
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in shown["Cache-Control"]
    assert as_(an_officer()).get(address).status_code == 404
    assert as_(found.user).get(address).status_code == 302
    without = reverse("support_screenshot", args=[SupportRequestFactory().pk])
    assert client.get(without).status_code == 404


def test_the_desk_counts_what_waits():
    administrator, found = an_administrator(), SupportRequestFactory()
    assert [(todo.count, todo.label) for todo in todos(administrator)] == [
        (1, "demande d’assistance à traiter")
    ]
    answer_request(found=found, answer="Fait", acting_user=administrator)
    assert todos(administrator) == []


def test_the_page_makes_as_many_queries_for_ten_requests_as_for_two(sign_in):
    contact = ContactFactory(organisation__referent=OfficerFactory())
    client = sign_in(contact.user, contact)
    counts = []
    for number in (2, 8):
        for _ in range(number):
            SupportRequestFactory(contact=contact)
        with CaptureQueriesContext(connection) as queries:
            client.get(ADDRESS)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_lists_never_load_pictures():
    found = SupportRequestFactory()
    SupportScreenshot.objects.create(request=found, content=b"x")
    client = as_(an_administrator())
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("support_request:index"))
        client.get(reverse("support_request:inspect", args=[found.pk]))
    assert not [query for query in queries if '"content"' in query["sql"]]


def test_every_page_leads_here(sign_in):
    contact = ContactFactory()
    page = sign_in(contact.user, contact).get("/notifications/").text
    assert 'href="/assistance/?page=/notifications/"' in page
    assert 'href="/assistance/"' in sign_in(contact.user, contact).get("/nulle-part/").text


def test_a_service_call_without_contact_or_picture():
    asked = SupportRequest(user=UserFactory(), description="Perdu")
    assert ask_for_help(asked=asked, screenshot=None).pk
