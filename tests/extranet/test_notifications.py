"""The notification centre: filters, both times, marking as read, constant queries (SPEC N1)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ilo_cms.notifications.models import Notification
from tests.factories import ContactFactory, UserFactory
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db

URL = "/notifications/"


def notice(person, text="Texte", category="Modération", **fields):
    return Notification.objects.create(
        recipient=person, kind="x", category=category, text=text, **fields
    )


@pytest.fixture
def contact():
    return ContactFactory()


def shown(client, query=""):
    """The texts of one page of the centre."""
    return [row.text for row in client.get(URL + query).context["notices"]]


def test_a_notice_says_all_about_itself(contact, sign_in):
    notice(contact.user, path="/suite/", created_at=timezone.now() - timedelta(days=3))
    page = sign_in(contact.user).get(URL).text
    assert "Non lue" in page and "Modération" in page and "Texte" in page
    assert "il y a 3" in page  # and the exact time beside it
    assert "<time datetime=" in page and "Fermer" in page
    assert reverse("preferences") in page


def test_filters_by_category_and_state(contact, sign_in):
    notice(contact.user, "lue", read_at=timezone.now())
    notice(contact.user, "non lue")
    notice(contact.user, "sûre", "Sécurité")
    client = sign_in(contact.user)
    assert set(shown(client, "?etat=non-lues")) == {"non lue", "sûre"}
    assert shown(client, "?etat=lues") == ["lue"]
    assert shown(client, "?categorie=S%C3%A9curit%C3%A9") == ["sûre"]
    assert shown(client, "?categorie=S%C3%A9curit%C3%A9&etat=lues") == []
    page = client.get(URL + "?categorie=S%C3%A9curit%C3%A9&etat=lues").text
    assert "Aucune notification ne correspond" in page and "Voir toutes" in page


@pytest.mark.parametrize("query", ["?etat=x", "?categorie=x", "?page=x", "?page=-1", "?etat=%00"])
def test_nonsense_in_the_address_breaks_nothing(contact, sign_in, query):
    notice(contact.user)
    assert sign_in(contact.user).get(URL + query).status_code == 200


def test_categories_of_other_people_are_not_offered(contact, sign_in):
    notice(contact.user)
    notice(UserFactory(), category="Secret")
    assert "Secret" not in sign_in(contact.user).get(URL).text


def test_pages_keep_their_filter_and_neither_repeat_nor_skip(contact, sign_in):
    now = timezone.now()
    for number in range(45):
        notice(contact.user, f"n{number}", created_at=now)
    client = sign_in(contact.user)
    pages = [shown(client, f"?etat=non-lues&page={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert len({text for page in pages for text in page}) == 45
    assert "etat=non-lues&amp;page=2" in client.get(URL + "?etat=non-lues").text


def test_the_queries_do_not_grow(contact, sign_in):
    client = sign_in(contact.user)
    counts = []
    for number in (2, 18):
        for _ in range(number):
            notice(contact.user, path="/suite/")
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_marking_all_closes_this_capacity_only_in_one_write(contact, sign_in):
    here = {"organisation_id": contact.organisation_id}
    for _ in range(5):
        notice(contact.user, **here)
    elsewhere = notice(contact.user, organisation_id=ContactFactory().organisation_id)
    foreign = notice(UserFactory())
    client = sign_in(contact.user)
    with CaptureQueriesContext(connection) as queries:
        client.post(reverse("notifications_read_all"))
    assert len([q for q in queries if q["sql"].startswith("UPDATE") and "read_at" in q["sql"]]) == 1
    unread = set(Notification.objects.unread().values_list("pk", flat=True))
    assert unread == {elsewhere.pk, foreign.pk}


def test_closing_a_notice_leads_where_it_leads_and_nowhere_else(contact, sign_in):
    client = sign_in(contact.user)
    for path, target in (("/suite/", "/suite/"), ("https://voleur.example/", URL)):
        pk = notice(contact.user, path=path).pk
        response = client.post(reverse("notification_read", args=[pk]), {"open": "1"})
        assert response.url == target
    assert not Notification.objects.unread().exists()


def test_officers_open_theirs_in_the_intranet():
    officer = an_officer()
    notice(officer, path="/admin/moderation/1/")
    notice(officer, path="javascript:alert(1)")
    page = as_(officer).get(reverse("notification:index")).text
    assert 'href="/admin/moderation/1/"' in page and "javascript:alert" not in page
    assert reverse("preferences") in page and f'href="{URL}"' in page
