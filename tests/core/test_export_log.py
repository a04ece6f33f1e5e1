"""A list that leaves the platform leaves a line in the log, without what was typed as text."""

import pytest
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from tests.factories import DepartmentFactory, EstablishmentFactory, OrganisationFactory
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


def export(user, name: str, query: str, kind: str = "csv") -> dict:
    """What the log says of an export that was read to its end."""
    response = as_(user).get(reverse(name) + f"?{query}&export={kind}")
    assert response.getvalue()
    event = AuditEvent.objects.select_related("detail").get(action="records.exported")
    assert event.actor_id == str(user.pk)
    return event.detail.content


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_who_took_which_list_and_how_long(kind):
    user = an_officer()
    OrganisationFactory.create_batch(3, is_cae=True)
    OrganisationFactory(inactive=True)
    said = export(user, "organisation:index", "is_provider=true&is_active=true", kind)
    assert (said["list"], said["rows"]) == ("Structures", "3 lignes")
    assert said["filters"] == ["Prestataire : oui", "Active : oui"]


def test_a_spreadsheet_bears_the_french_name_of_its_rows():
    response = as_(an_officer()).get(reverse("organisation:index") + "?export=csv")
    assert 'filename="structures.csv"' in response.headers["Content-Disposition"]


def test_a_name_that_was_typed_is_not_kept():
    user = an_officer()
    rhone = DepartmentFactory()
    EstablishmentFactory(department=rhone)
    said = export(
        user,
        "organisation:index",
        f"q=Dupont&referent_name=Durand&referent=none&territory={rhone.pk}",
    )
    assert said["filters"] == [
        "Recherche",
        "Référent·e : Sans référent·e",
        "Nom de la ou du référent·e",
        "Territoire d’un établissement : Rhône (69)",
    ]
    assert "Dupont" not in str(said) and "Durand" not in str(said)
    assert said["rows"] == "0 ligne"


def test_a_list_of_settings_is_logged_too():
    assert export(an_administrator(), "skill:index", "")["list"] == "Compétences"


def test_showing_a_list_leaves_no_line():
    as_(an_officer()).get(reverse("organisation:index"))
    assert not AuditEvent.objects.filter(action="records.exported").exists()
