"""The desk's home page and menu, and `setup_ilo`."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.menu import admin_menu
from wagtail.models import Workflow, WorkflowContentType, WorkflowTask
from wagtail.signals import workflow_approved, workflow_rejected

from ilo_cms.accounts.models import User
from ilo_cms.desk.todo import todos
from ilo_cms.directory.officers import ADMINISTRATORS_GROUP, OFFICERS_GROUP
from ilo_cms.moderation.models import ChangeRequest, ReferentTask
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.referentials.models import NafCode
from tests.factories import (
    ChangeRequestFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


def counted(user):
    """The to-do list as label → count."""
    return {line.label: line.count for line in todos(user)}


def waiting_request(**organisation):
    """A request on a record with these fields and a place in the Rhône."""
    provider = OrganisationFactory(**organisation)
    EstablishmentFactory(organisation=provider)
    return ChangeRequestFactory(contact__organisation=provider)


def test_what_waits_for_an_officer():
    rhone = OrganisationFactory(operator=True, operated_territories=[DepartmentFactory().region])
    nord = OrganisationFactory(operator=True, operated_territories=[DepartmentFactory(nord=True)])
    user, far = an_officer(operator=rhone), an_officer(operator=nord)
    waiting_request(referent=user.officer)
    waiting_request(referent=OfficerFactory())
    waiting_request(referent=OfficerFactory(gone=True))
    waiting_request()
    OrganisationFactory(referent=user.officer, unsynchronised=True)
    assert counted(user) == {
        "demande de modération à traiter": 1,
        "demandes sans réponse à reprendre sur votre territoire": 2,
        "structure à synchroniser avec l’INSEE": 1,
    }
    assert counted(far) == {}


def test_administrators_watch_abandoned_mails():
    for number, dead in enumerate([timezone.now(), None]):
        OutboxMessage.objects.create(
            address="a@b.example", subject="s", message_id=str(number), dead_at=dead
        )
    assert counted(an_administrator()) == {"courriel abandonné ou revenu": 1}
    assert counted(an_officer()) == {}


def test_the_home_page_says_hello_and_leads_to_lists_that_agree():
    user = an_officer()
    waiting_request(referent=user.officer)
    OrganisationFactory(referent=user.officer, unsynchronised=True)
    client = as_(user)
    home = client.get(reverse("wagtailadmin_home"))
    assert f"Bonjour {user.first_name}" in home.text
    for line in todos(user):
        assert line.url.replace("&", "&amp;") in home.text
        assert len(client.get(line.url).context["object_list"]) == line.count


def test_an_empty_list_is_said_in_words():
    assert "Rien ne vous attend" in as_(an_officer()).get(reverse("wagtailadmin_home")).text


def test_the_home_page_makes_as_many_queries_whatever_waits():
    user = an_officer(user__administrator=True)
    client = as_(user)
    counts = []
    for number in (2, 20):
        for _ in range(number):
            waiting_request(referent=user.officer)
        client.get(reverse("wagtailadmin_home"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("wagtailadmin_home"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def menu(user):
    """The labels of the menu: entry → its own entries."""
    request = RequestFactory().get("/admin/")
    request.user = user
    return {
        item.label: [sub.label for sub in item.menu.menu_items_for_request(request)]
        if hasattr(item, "menu")
        else []
        for item in sorted(admin_menu.menu_items_for_request(request), key=lambda item: item.order)
    }


def test_an_officers_menu():
    shown = menu(an_officer())
    assert list(shown) == [
        "Accueil",
        "Prestataires",
        "Annuaire",
        "Pièces jointes",
        "Demandes de pièces",
        "Accompagnements",
        "Mises en concurrence",
        "Rendez-vous",
        "Évaluations",
        "Modération",
        "Référencement",
        "Référentiels",
        "Suivi",
    ]
    assert shown["Annuaire"] == [
        "Structures",
        "Établissements",
        "Contacts",
        "Chargé·es d’accompagnement",
        "Absences",
        "Personnes",
    ]
    assert shown["Suivi"] == ["Mes notifications"]


def test_an_administrators_menu():
    shown = menu(an_administrator())
    assert shown["Suivi"] == [
        "Mes notifications",
        "Courriels",
        "Journal",
        "Textes des courriels",
    ]
    assert "Réglages" not in shown and "Paramètres" not in shown


def test_setup_twice_gives_the_same_rows():
    people = [
        UserFactory(administrator=True),
        OfficerFactory().user,
        OfficerFactory(gone=True).user,
    ]
    counts = []
    for _ in range(2):
        call_command("setup_ilo", verbosity=0)
        counts.append(
            [
                Group.objects.count(),
                sorted(Group.objects.values_list("name", "permissions")),
                Workflow.objects.count(),
                WorkflowTask.objects.count(),
                WorkflowContentType.objects.count(),
                ReferentTask.objects.count(),
                NafCode.objects.count(),
                [sorted(user.groups.values_list("name", flat=True)) for user in people],
            ]
        )
    assert counts[0] == counts[1]
    assert counts[0][-1] == [[ADMINISTRATORS_GROUP], [OFFICERS_GROUP], []]
    assert ChangeRequest().get_workflow().name == "Modération"


def test_setup_takes_back_a_right_given_by_hand_and_a_group_without_role():
    call_command("setup_ilo", verbosity=0)
    officers = Group.objects.get(name=OFFICERS_GROUP)
    officers.permissions.add(Permission.objects.get(codename="delete_organisation"))
    stranger = UserFactory()
    stranger.groups.add(officers)
    call_command("setup_ilo", verbosity=0)
    stranger = User.objects.get(pk=stranger.pk)
    assert not officers.permissions.filter(codename="delete_organisation").exists()
    assert not stranger.is_staff


def test_wagtail_sends_no_workflow_mail():
    receivers = [
        str(receiver)
        for signal in (workflow_approved, workflow_rejected)
        for receiver in signal.receivers
    ]
    assert receivers
    assert not [text for text in receivers if "EmailNotifier" in text]
