"""Accepting exactly what is filtered and shown (SPEC M3, O2)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.audit.services import faults
from ilo_cms.directory.models import Organisation
from ilo_cms.moderation import bulk
from ilo_cms.moderation.models import ChangeRequest, Target
from tests.factories import ContactFactory, DepartmentFactory, OfficerFactory, OrganisationFactory
from tests.helpers.intranet import an_officer, as_
from tests.moderation.helpers import ask, decide_all


pytestmark = pytest.mark.django_db

PAGE = reverse("change_request_accept_all")


@pytest.fixture
def user(wired):
    """The referent."""
    return an_officer(operator__operated_territories=[DepartmentFactory()])


def asked(referent, name="Conseil Sol", **contact) -> ChangeRequest:
    """A request for another name, on an organisation with this referent."""
    organisation = OrganisationFactory(name=name, referent=referent)
    return ask(ContactFactory(organisation=organisation, **contact), name=f"{name} SCOP")


def shown(page) -> list[str]:
    """What the page would post: request and fingerprint."""
    return re.findall(r'name="shown"\s+value="([^"]+)"', page.text)


def names() -> set[str]:
    """The live names of all providers that asked."""
    return {request.organisation.name for request in ChangeRequest.objects.all()}


def test_the_page_shows_each_field_then_accepts_exactly_those(user):
    asked(user.officer, "Conseil Sol")
    asked(user.officer, "Coop Atout")
    asked(OfficerFactory(), "À quelqu’un d’autre")
    client = as_(user)
    page = client.get(PAGE + "?pour_moi=a-traiter")
    for words in ("Conseil Sol", "Conseil Sol SCOP", "Coop Atout SCOP"):
        assert words in page.text
    assert len(shown(page)) == 2 and "quelqu’un d’autre" not in page.text
    result = client.post(PAGE, {"shown": shown(page)})
    assert "2 demandes acceptées" in result.text
    assert names() == {"Conseil Sol SCOP", "Coop Atout SCOP", "À quelqu’un d’autre"}
    assert list(faults()) == []


@pytest.mark.usefixtures("indexed")
def test_the_filters_and_the_search_of_the_list_hold(user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        asked(user.officer, "Conseil Sol")
        asked(user.officer, "Coop Atout")
    client = as_(user)
    for query in ("q=atout", f"q=atout&territoire={DepartmentFactory().pk}", "q=atout&p=7"):
        page = client.get(f"{PAGE}?{query}")
        assert len(shown(page)) == 1 and "Coop Atout SCOP" in page.text, query
    nord = DepartmentFactory(nord=True)
    assert shown(client.get(f"{PAGE}?territoire={nord.pk}")) == []
    assert shown(client.get(f"{PAGE}?etat=traitees")) == []


def test_conflicts_and_what_others_decide_are_named_and_left_aside(user):
    moved = asked(user.officer, "Conseil Sol")
    Organisation.objects.filter(pk=moved.organisation_id).update(name="Nom du registre")
    other = asked(OfficerFactory(), "Coop Atout")
    own = asked(user.officer, "Mon association", user=user)
    page = as_(user).get(PAGE)
    assert shown(page) == []
    assert "La valeur affichée a changé depuis la demande : dénomination." in page.text
    assert f"attend sa ou son référent·e, {other.organisation.referent}" in page.text
    assert "Personne ne décide de sa propre demande" in page.text
    for request in (moved, other, own):
        assert reverse("change_request_decide", args=[request.pk]) in page.text


def test_what_changed_since_it_was_shown_is_not_accepted(user):
    stale = asked(user.officer, "Conseil Sol")
    decided = asked(user.officer, "Coop Atout")
    kept = asked(user.officer, "Troisième")
    client = as_(user)
    posted = shown(client.get(PAGE))
    Organisation.objects.filter(pk=stale.organisation_id).update(name="Nom du registre")
    decide_all(decided, user, approved=False, comment="Joignez vos statuts.")
    result = client.post(PAGE, {"shown": posted})
    assert "1 demande acceptée" in result.text
    assert "a changé depuis l’ouverture" in result.text and "déjà traitée" in result.text
    assert names() == {"Nom du registre", "Coop Atout", "Troisième SCOP"}
    stale.refresh_from_db(), kept.refresh_from_db()
    assert stale.is_pending and not kept.is_pending


def test_nothing_is_decided_that_was_not_shown_or_is_not_ones_own(user):
    asked(user.officer, "Conseil Sol")
    theirs = asked(OfficerFactory(), "Coop Atout")
    mark = bulk.fingerprint(bulk.read_lines(theirs.items.all()))
    client = as_(user)
    posts = ["", "n-importe-quoi", f"{theirs.pk}:{mark}", f"{theirs.pk}"]
    result = client.post(PAGE, {"shown": posts})
    assert result.status_code == 200 and "Aucune demande" in result.text
    assert ChangeRequest.objects.pending().count() == 2


def test_one_that_fails_leaves_the_others_accepted(user):
    first, second = asked(user.officer, "Conseil Sol"), asked(user.officer, "Coop Atout")
    place = first.contact.establishment
    ask(first.contact, Target.ESTABLISHMENT, place, nic="00038")
    type(place).objects.create(organisation=first.organisation, nic="00038")
    client = as_(user)
    result = client.post(PAGE, {"shown": shown(client.get(PAGE))})
    assert "1 demande acceptée" in result.text and "n’est plus possible" in result.text
    first.refresh_from_db(), second.refresh_from_db()
    assert first.is_pending and not second.is_pending
    assert names() == {"Conseil Sol", "Coop Atout SCOP"}
    assert list(faults()) == []


def test_a_page_holds_so_many_and_says_so(user, monkeypatch):
    monkeypatch.setattr(bulk, "PAGE", 2)
    for number in range(3):
        asked(user.officer, f"Structure {number}")
    page = as_(user).get(PAGE)
    assert len(shown(page)) == 2
    assert "Il en reste 1" in page.text


def test_the_page_makes_as_many_queries_whatever_it_shows(user):
    client = as_(user)
    counts = []
    for number in (2, 6):
        for each in range(number):
            asked(user.officer, f"Structure {number} {each}")
            asked(OfficerFactory(), f"Autre {number} {each}")
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            assert shown(client.get(PAGE))
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"] for query in queries]
