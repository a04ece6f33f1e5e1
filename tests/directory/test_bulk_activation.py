"""Activating providers in bulk (SPEC A9): a dry run that tells the truth, and no mail twice."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Thread

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.directory.activation import send_activation
from ilo_cms.directory.bulk_activation import candidates, dry_run, invite_candidates, sent_today
from ilo_cms.directory.models import Activation, Contact
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.referentials.models import GenericMailbox
from tests.factories import (
    ContactFactory,
    DepartmentFactory,
    OfficerFactory,
    UserFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_
from tests.helpers.links import activation_links
from tests.helpers.worker import work


pytestmark = pytest.mark.django_db

PAGE = "/admin/activation-des-comptes/"


def newcomers(number: int, **fields) -> list[Contact]:
    """Contacts of providers, as Enée leaves them: access, and no password."""
    return ContactFactory.create_batch(number, user__password=None, **fields)


def in_the_nord(number: int) -> list[Contact]:
    return newcomers(number, establishment__department=DepartmentFactory(nord=True))


def run(**fields) -> int:
    return invite_candidates(**{"territory": None, "limit": None, "acting_user": None} | fields)


@pytest.fixture
def excluded():
    """One contact for each reason not to write, and what the dry run calls it."""
    GenericMailbox.objects.create(code="contact", label="contact@")
    newcomers(1, user__email="contact@sol.example")
    newcomers(1, user__email=None)
    newcomers(1, has_access=False)
    newcomers(1, user__is_active=False)
    ContactFactory()
    (invited,) = newcomers(1)
    send_activation(contact=invited, acting_user=OfficerFactory().user)
    return {
        "Adresse générique": 1,
        "Sans adresse électronique": 1,
        "Sans accès": 1,
        "Compte fermé": 1,
        "Compte ouvert": 1,
        "Lien envoyé": 1,
    }


@pytest.fixture
def out_of_scope():
    """Contacts that are none of this run's business, counted nowhere."""
    newcomers(1, organisation__beneficiary=True)
    newcomers(1, organisation__inactive=True)
    newcomers(1, ended_on="2026-01-31")


def test_the_dry_run_says_how_many_mails_to_whom_and_who_gets_none(excluded, out_of_scope):
    rhone, nord = newcomers(3), in_the_nord(2)
    (placeless,) = newcomers(1, establishment=None)
    twin = ContactFactory(user=rhone[0].user)
    plan = dry_run()
    assert plan.count == 6
    assert dict(plan.by_territory) == {"Rhône": 3, "Nord": 2, "Sans établissement": 1}
    people = {contact.user_id for contact in [*rhone, *nord, placeless]}
    assert {contact.user_id for contact in plan.sample} == people
    assert dict(plan.excluded) == excluded | {"Même personne, dans une autre structure": 1}
    total = Contact.objects.current().filter(
        organisation__is_provider=True, organisation__is_active=True
    )
    assert plan.count + sum(number for _, number in plan.excluded) == total.count()
    assert twin.pk not in set(candidates().values_list("pk", flat=True)) or rhone[0].pk not in set(
        candidates().values_list("pk", flat=True)
    )
    assert OutboxMessage.objects.count() == 1  # the fixture's


def test_exactly_those_of_the_dry_run_are_written_to_once_each(excluded, out_of_scope):
    newcomers(3)
    plan, already = dry_run(), OutboxMessage.objects.count()
    assert run() == plan.count == 3
    mails = OutboxMessage.objects.order_by("created_at")[already:]
    assert {mail.address for mail in mails} == {contact.user.email for contact in plan.sample}
    assert run() == 0
    assert dry_run().count == 0


def test_a_territory_and_a_limit_are_kept_to():
    newcomers(3)
    nord = in_the_nord(3)
    north = DepartmentFactory(nord=True)
    assert dry_run(north.region).count == dry_run(north).count == 3
    assert run(territory=north, limit=2) == 2
    written = set(Activation.objects.values_list("contact", flat=True))
    assert written < {contact.pk for contact in nord}
    assert run(territory=north) == 1
    assert dry_run().count == 3


def test_a_run_that_was_cut_short_is_resumed(monkeypatch):
    newcomers(4)
    from ilo_cms.directory import bulk_activation

    real, calls = bulk_activation.send_link, []

    def dies(contact, sent_by):
        calls.append(contact)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(contact, sent_by)

    monkeypatch.setattr(bulk_activation, "send_link", dies)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert Activation.objects.count() == 2
    monkeypatch.setattr(bulk_activation, "send_link", real)
    assert run() == 2
    assert len(set(activation_links())) == 4


def test_who_changed_between_the_list_and_their_turn_is_left_out(monkeypatch):
    first, second = newcomers(2)
    from ilo_cms.directory import bulk_activation

    real = bulk_activation.invite

    def close_then_invite(*, contact_id, acting_user):
        UserFactory._meta.model.objects.filter(pk=second.user_id).update(is_active=False)
        UserFactory._meta.model.objects.filter(pk=first.user_id).update(is_active=False)
        return real(contact_id=contact_id, acting_user=acting_user)

    monkeypatch.setattr(bulk_activation, "invite", close_then_invite)
    assert run() == 0
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_write_to_nobody_twice():
    newcomers(8)
    sent = []

    def one_run() -> None:
        sent.append(run())
        connection.close()

    threads = [Thread(target=one_run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    addresses = list(OutboxMessage.objects.values_list("address", flat=True))
    assert sum(sent) == len(addresses) == len(set(addresses)) == 8


def test_an_expired_link_makes_a_candidate_again():
    newcomers(1)
    with time_machine.travel(datetime(2026, 3, 2, 9, tzinfo=UTC)) as clock:
        assert run() == 1
        clock.shift(timedelta(days=6, hours=23))
        assert dry_run().count == 0
        clock.shift(timedelta(hours=1))
        assert dry_run().count == 1


def test_only_administrators_run_it():
    newcomers(1)
    with pytest.raises(PermissionDenied):
        run(acting_user=OfficerFactory().user)
    assert not Activation.objects.exists()


def test_the_dry_run_makes_as_many_queries_for_many_as_for_few():
    counts = []
    for number in (2, 30):
        newcomers(number)
        with CaptureQueriesContext(connection) as queries:
            dry_run()
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- the page ----------------------------------------------------------------------------------


@pytest.fixture
def administrator():
    return as_(an_administrator())


def test_the_page_shows_the_dry_run_and_writes_nothing(administrator):
    newcomers(2)
    page = administrator.get(PAGE)
    assert page.status_code == 200
    assert "Rhône" in page.text
    assert page.context["plan"].count == 2
    assert not Activation.objects.exists()
    north = DepartmentFactory(nord=True)
    assert administrator.get(PAGE, {"territory": north.pk}).context["plan"].count == 0


def test_the_button_starts_the_worker_and_the_page_counts(administrator):
    newcomers(3)
    work()
    answer = administrator.post(PAGE, {"limit": "2", "territory": ""})
    assert answer.status_code == 302
    assert not Activation.objects.exists()
    work()
    page = administrator.get(answer.url)
    assert page.context["today"]["written"] == 2
    assert page.context["plan"].count == 1
    assert re.search(r"Reste&nbsp;:\s*<strong>1</strong>", page.text)


@pytest.mark.parametrize("limit", ["0", "-3", "beaucoup", "", "1e9"])
def test_a_wrong_limit_is_said_and_starts_nothing(administrator, limit):
    newcomers(1)
    work()
    page = administrator.post(PAGE, {"limit": limit})
    assert page.status_code == 422
    assert page.context["form"].errors["limit"][0] in page.text
    assert work() == 0


def test_officers_do_not_see_the_entry():
    newcomers(1)
    client = as_(an_officer())
    assert client.get(PAGE).status_code == 302
    assert PAGE not in client.get(reverse("contact:index")).text
    assert PAGE in as_(an_administrator()).get(reverse("contact:index")).text


def test_today_counts_the_fate_of_each_mail():
    contacts = newcomers(3)
    run()
    mails = list(OutboxMessage.objects.all())
    now = datetime.now(UTC)
    OutboxMessage.objects.filter(pk=mails[0].pk).update(sent_at=now)
    OutboxMessage.objects.filter(pk=mails[1].pk).update(dead_at=now)
    Activation.objects.filter(contact=contacts[0]).update(spent_at=now)
    assert sent_today() == {"written": 3, "left": 1, "given_up": 1, "spent": 1}


# --- the command -------------------------------------------------------------------------------


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("activate_providers", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_only_counts_unless_told_to_send():
    newcomers(2)
    in_the_nord(1)
    said = command()
    assert "3 mails to send." in said
    assert re.search(r"2\s+Rhône", said)
    assert not Activation.objects.exists()
    assert "1 mails written" in command("--territory", "59", "--send")
    assert "1 mails written" in command("--limit", "1", "--send")
    assert Activation.objects.count() == 2


@pytest.mark.parametrize("arguments", [["--territory", "999"], ["--limit", "0"]])
def test_the_command_refuses_what_it_does_not_understand(arguments):
    with pytest.raises(CommandError):
        command(*arguments)
