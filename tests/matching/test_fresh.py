"""Whatever writes and however, the next search knows, in this process and in another."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.matching.journal import KEPT, keeper, shorten
from ilo_cms.matching.models import Change
from ilo_cms.matching.services import Criteria, search
from ilo_cms.matching.triggers import silenced
from ilo_cms.referentials.models import Skill
from tests.factories import AssignmentFactory, ContactFactory, EstablishmentFactory
from tests.matching.test_search import names, provider, skill


pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


def by_save(organisation):
    organisation.name = "Neuve"
    organisation.save()


def by_update(organisation):
    Organisation.objects.filter(pk=organisation.pk).update(name="Neuve")


def by_bulk_update(organisation):
    organisation.name = "Neuve"
    Organisation.objects.bulk_update([organisation], ["name"])


def by_sql(organisation):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE directory_organisation SET name = 'Neuve'")


def by_a_place(organisation):
    EstablishmentFactory(organisation=organisation, name="Neuve")


def by_places_in_bulk(organisation):
    Establishment.objects.bulk_create([Establishment(organisation=organisation, name="Neuve")])


def by_a_list(organisation):
    organisation.skills.set([skill("neuve")])


def by_a_contacts_list(organisation):
    organisation.contacts.get().skills.add(skill("neuve"))


def by_a_label(organisation):
    organisation.skills.set([skill("vieille")])
    search(Criteria())
    Skill.objects.update(label="Neuve")


WAYS = [value for name, value in list(globals().items()) if name.startswith("by_")]


@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__)
def test_every_way_of_writing_is_seen(change):
    organisation = provider("Ancienne")
    assert names(Criteria(words="neuve")) == []
    change(organisation)
    assert search(Criteria(words="neuve")).total == 1


def test_what_leaves_and_comes_back():
    organisation = provider("Ancienne", skills=["emploi"])
    asked = Criteria(skills=(skill("emploi").pk,))
    assert names(asked) == ["Ancienne"]
    organisation.skills.clear()
    assert names(asked) == []
    organisation.skills.add(skill("emploi"))
    assert names(asked) == ["Ancienne"]
    Organisation.objects.update(is_active=False)
    assert names(asked) == []
    Organisation.objects.update(is_active=True)
    assert names(asked) == ["Ancienne"]


def test_a_new_provider_takes_its_place_in_the_order():
    provider("Berry")
    provider("Alpes")
    assert names() == ["Alpes", "Berry"]
    provider("Auvergne")
    assert names() == ["Alpes", "Auvergne", "Berry"]


def test_a_contact_who_moves_changes_both_organisations():
    left, joined = provider("Quittée"), provider("Rejointe")
    contact = left.contacts.get()
    contact.skills.add(skill("emploi"))
    asked = Criteria(skills=(skill("emploi").pk,))
    assert names(asked) == ["Quittée"]
    ContactFactory(organisation=left, establishment=None)
    Contact.objects.filter(pk=contact.pk).update(organisation=joined)
    assert names(asked) == ["Rejointe"]


def test_an_assignment_changes_the_order():
    provider("A")
    provider("B")
    assert names() == ["A", "B"]
    contact = Contact.objects.get(organisation__name="A")
    work = AssignmentFactory(contact=contact)
    assert names() == ["B", "A"]
    work.delete()
    assert names() == ["A", "B"]


def test_a_search_when_nothing_changed_asks_one_thing(django_assert_num_queries):
    provider()
    search(Criteria())
    with django_assert_num_queries(1):
        search(Criteria(words="conseil"))


def test_one_change_reads_one_organisation_again(django_assert_max_num_queries):
    organisations = [provider(f"P{number}") for number in range(5)]
    search(Criteria())
    before = keeper.index
    by_update(organisations[0])
    with django_assert_max_num_queries(12):
        assert search(Criteria(words="neuve")).total == 1
    assert keeper.index.words is before.words
    assert list(keeper.index.rewritten) != []


def test_signing_in_writes_nothing_to_the_journal():
    user = provider().contacts.get().user
    before = Change.objects.count()
    user.last_login = None
    user.save()
    user.set_password("autre")
    user.save()
    assert Change.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_a_transaction_undone_leaves_nothing():
    provider("Ancienne")
    try:
        with transaction.atomic():
            Organisation.objects.update(name="Neuve")
            assert names() == ["Neuve"]
            raise ValueError
    except ValueError:
        pass
    assert names() == ["Ancienne"]


@pytest.mark.django_db(transaction=True)
def test_triggers_are_there_after_each_migrate():
    provider("Ancienne")
    call_command("migrate", verbosity=0)
    assert names() == ["Ancienne"]
    Organisation.objects.update(name="Neuve")
    assert names() == ["Neuve"]


def test_the_journal_is_shortened_and_who_is_behind_builds_anew():
    provider("Ancienne")
    search(Criteria())
    Organisation.objects.update(name="Neuve")
    rows = [Change(mark=number) for number in range(KEPT + 10)]
    Change.objects.bulk_create(rows, batch_size=5000)
    assert shorten() > 0
    assert Change.objects.count() <= KEPT
    assert names() == ["Neuve"]


def test_a_silent_load_notes_one_thing_and_all_is_read_again():
    organisation = provider("Ancienne")
    search(Criteria())
    before = Change.objects.count()
    with transaction.atomic(), silenced():
        by_update(organisation)
        by_a_place(organisation)
    (noted,) = Change.objects.order_by("pk")[before:]
    assert noted.organisation_id is None
    assert names() == ["Neuve"]
    by_a_contacts_list(organisation)
    assert Change.objects.count() > before + 1
    assert names(Criteria(skills=(skill("neuve").pk,))) == ["Neuve"]


def test_a_silent_load_that_fails_leaves_the_triggers():
    organisation = provider("Ancienne")
    search(Criteria())
    with pytest.raises(ValueError, match="échec"), transaction.atomic(), silenced():
        raise ValueError("échec")
    by_update(organisation)
    assert names() == ["Neuve"]


@pytest.mark.django_db(transaction=True)
def test_a_load_is_silent_in_a_transaction_only():
    with pytest.raises(TransactionManagementError), silenced():
        pass


OTHER = """
import sys; sys.path[:0] = sys.argv[1:3]
import django; django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[3]
from ilo_cms.directory.models import Organisation
from ilo_cms.matching.services import Criteria, search
for line in sys.stdin:
    print(search(Criteria(words=line.strip())).total, flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_another_process_sees_it_too():
    organisation = provider("Ancienne")
    name = str(connection.settings_dict["NAME"])
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(ROOT), str(ROOT / "site"), name],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def asked(word: str) -> int:
            process.stdin.write(word + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        assert asked("neuve") == 0
        by_update(organisation)
        assert asked("neuve") == 1
        organisation.skills.add(skill("gouvernance"))
        assert asked("gouvernance") == 1
        process.stdin.close()


@pytest.mark.django_db(transaction=True)
def test_who_commits_late_is_seen_too():
    """Somebody searches while another transaction is open; on PostgreSQL it writes too, and commits
    first although its rows have the higher numbers. SQLite has one writer at a time.
    """
    early, late = provider("Tôt"), provider("Tard")
    one_writer = connection.vendor == "sqlite"
    search(Criteria())
    with transaction.atomic():
        Organisation.objects.filter(pk=early.pk).update(name="Neuve tôt")
        meanwhile = in_a_thread(names if one_writer else lambda: rename_and_search(late.pk))
    assert meanwhile == (["Tard", "Tôt"] if one_writer else ["Neuve tard", "Tôt"])
    assert set(names()) == {"Neuve tôt", "Tard" if one_writer else "Neuve tard"}


def rename_and_search(key) -> list[str]:
    """On a connection of its own."""
    Organisation.objects.filter(pk=key).update(name="Neuve tard")
    return names()


def in_a_thread(act):
    """Run it with other connections than this thread's."""

    def run():
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
