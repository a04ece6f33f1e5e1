"""Loading into a directory that already lives: what officers entered stays theirs."""

import pytest

from etl.enee.load import load
from etl.enee.models import SourceRow
from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.referentials.models import Skill


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
SOL = "000392662"


@pytest.fixture
def sol() -> Organisation:
    """Conseil Sol as an officer entered it before the migration."""
    organisation = Organisation.objects.create(
        siren=SOL, name="Conseil Sol SCOP", is_provider=False
    )
    organisation.skills.add(Skill.objects.get(code="management"))
    return organisation


def test_an_organisation_with_this_siren_takes_the_row_and_keeps_its_values(sol, export):
    load(export)
    assert Organisation.objects.get(siren=SOL).pk == sol.pk
    sol.refresh_from_db()
    assert sol.name == "Conseil Sol SCOP"
    assert sol.is_provider
    assert [skill.code for skill in sol.skills.all()] == ["management"]
    row = SourceRow.objects.get(file="prestataires", key="1001")
    assert (row.outcome, row.target) == ("merged", sol.pk)
    assert Contact.objects.filter(organisation=sol, user__email="paul@conseil-sol.example").exists()


def test_a_role_taken_back_by_an_officer_stays_taken_back(sol, export):
    load(export)
    Organisation.objects.filter(pk=sol.pk).update(is_provider=False)
    load(export)
    sol.refresh_from_db()
    assert not sol.is_provider


def test_a_known_person_gets_the_membership_not_a_second_account(sol, export):
    paul = User.objects.create_user(
        "Paul@Conseil-Sol.example", first_name="Paul", last_name="Girard"
    )
    contact = Contact.objects.create(user=paul, organisation=sol, function="Associé")
    load(export)
    assert list(paul.contacts.all()) == [contact]
    contact.refresh_from_db()
    assert contact.function == "Associé"
    assert SourceRow.objects.get(file="intervenants", key="1003").outcome == "merged"


def test_a_known_place_is_not_made_twice(sol, export):
    siret = "00039266200011"
    place = Establishment.objects.create(organisation=sol, nic=siret[9:], city="Lyon 1er")
    load(export)
    place.refresh_from_db()
    assert (place.city, sol.establishments.filter(nic=place.nic).count()) == ("Lyon 1er", 1)
