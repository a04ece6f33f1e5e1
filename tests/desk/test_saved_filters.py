"""Filters of lists are kept, shared with one's team, and lead back to the same rows (SPEC O2)."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ilo_cms.desk.models import SavedFilter
from ilo_cms.desk.saved_filters import MAXIMUM, filters_in, is_list, save_filter
from tests.factories import EngagementFactory, OfficerFactory, OrganisationFactory
from tests.helpers.intranet import an_administrator, an_officer, as_, open_intranet


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wired")]

LIST = "/admin/accompagnements/"
SAVE = reverse("list_filter_save")


def keep(client, **typed):
    """Post the form of a list."""
    return client.post(
        SAVE, {"list_path": LIST, "query": "stage=suivi&p=3", "name": "Suivis"} | typed, follow=True
    )


def test_a_filter_is_kept_without_its_page_and_leads_back():
    officer = an_officer()
    page = keep(as_(officer))
    assert page.redirect_chain == [(f"{LIST}?stage=suivi", 302)]
    assert "Le filtre « Suivis » est enregistré." in page.text
    assert 'aria-current="page">Suivis</a>' in page.text
    assert "Enregistrer ce filtre" not in page.text, "it is kept already"
    saved = SavedFilter.objects.get()
    assert (saved.owner, saved.url, saved.is_shared) == (officer, f"{LIST}?stage=suivi", False)


def test_the_form_stands_where_something_is_filtered():
    client = as_(an_officer())
    assert "Enregistrer ce filtre" not in client.get(LIST).text
    page = client.get(f"{LIST}?stage=suivi&p=1&ordering=title").text
    assert "Enregistrer ce filtre" in page and 'value="stage=suivi&amp;ordering=title"' in page
    results = client.get(f"{LIST}results/?stage=suivi").text
    assert f'name="list_path" value="{LIST}"' in results, "filters also change without a page"


def test_the_same_name_replaces_and_other_lists_stay_apart():
    client = as_(an_officer())
    keep(client)
    keep(client, query="stage=accueil", is_shared="on")
    keep(client, list_path="/admin/prestations/", query="status=engagee")
    assert sorted(saved.url for saved in SavedFilter.objects.all()) == [
        f"{LIST}?stage=accueil",
        "/admin/prestations/?status=engagee",
    ]
    assert "status=engagee" not in client.get(LIST).text


def test_colleagues_of_the_same_operator_see_what_is_shared_and_nobody_else():
    owner = OfficerFactory()
    colleague = open_intranet(OfficerFactory(operator=owner.operator).user)
    keep(as_(open_intranet(owner.user)), name="À moi")
    keep(as_(owner.user), name="À nous", query="stage=plan", is_shared="on")
    page = as_(colleague).get(LIST).text
    assert "À nous" in page and f"partagé par {owner.user}" in page and "À moi" not in page
    for stranger in (an_officer(operator=OrganisationFactory()), an_administrator()):
        assert "À nous" not in as_(stranger).get(LIST).text
    owner.is_active = False
    owner.save()
    officer = colleague.officer
    officer.is_active = False
    officer.save()
    assert not SavedFilter.objects.visible_to(type(colleague).objects.get(pk=colleague.pk)).exists()


def test_one_removes_one_s_own_only():
    owner = OfficerFactory()
    keep(as_(open_intranet(owner.user)), is_shared="on")
    saved = SavedFilter.objects.get()
    remove = reverse("list_filter_remove", args=[saved.pk])
    colleague = as_(open_intranet(OfficerFactory(operator=owner.operator).user))
    assert colleague.post(remove).status_code == 404
    assert as_(owner.user).get(remove).status_code == 405
    assert "est retiré" in as_(owner.user).post(remove, follow=True).text
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"name": " "}, "Donnez à ce filtre un nom"),
        ({"name": "x" * 81}, "80 caractères au plus"),
        ({"query": "p=2&stage="}, "Rien n’est filtré"),
        ({"query": "a=" + "x" * 2000}, "trop long"),
        ({"list_path": "/admin/"}, "ne garde pas de filtre"),
        ({"list_path": "https://ailleurs.example/"}, "ne garde pas de filtre"),
        ({"list_path": "//ailleurs.example/admin/accompagnements/"}, "ne garde pas de filtre"),
    ],
)
def test_what_cannot_be_kept_is_said(typed, reason):
    page = keep(as_(an_officer()), **typed)
    assert reason in page.text
    if "name" in typed:
        assert page.redirect_chain[0][0].endswith("?stage=suivi&p=3"), "the list stays filtered"
    assert all(url.startswith("/admin/") for url, _ in page.redirect_chain)
    assert not SavedFilter.objects.exists()


def test_a_list_keeps_so_many_filters_of_a_person():
    owner = an_officer()
    for number in range(MAXIMUM):
        save_filter(owner=owner, list_path=LIST, query=f"q={number}", name=str(number), is_shared=0)
    with pytest.raises(ValidationError, match=str(MAXIMUM)):
        save_filter(owner=owner, list_path=LIST, query="q=x", name="x", is_shared=False)
    save_filter(owner=owner, list_path=LIST, query="q=x", name="0", is_shared=False)


def test_lists_are_lists_of_the_intranet():
    assert is_list(LIST)
    for path in ("/", "/admin/", f"{LIST}new/", f"/admin/x{LIST}", "/notifications/"):
        assert not is_list(path), path
    EngagementFactory()
    assert filters_in("b=1&a=&b=2&export=csv&p=4") == "b=1&b=2"
