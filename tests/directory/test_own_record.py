"""An officer who is also a contact does not accept their own changes (SPEC M6)."""

import pytest
from django.core.exceptions import ValidationError

from ilo_cms.directory.edits import edit_as_officer
from ilo_cms.directory.models import Organisation
from tests.factories import ContactFactory, OfficerFactory


pytestmark = pytest.mark.django_db


def rename(organisation, officer) -> None:
    """Change a moderated field as an officer of the intranet."""
    edit_as_officer(
        record=organisation,
        values={"name": "Autre nom"},
        acting_user=officer.user,
        organisation=organisation,
    )


def test_one_s_own_organisation_is_edited_by_somebody_else():
    officer = OfficerFactory()
    contact = ContactFactory(user=officer.user)
    with pytest.raises(ValidationError, match="Vous êtes contact de cette structure"):
        rename(contact.organisation, officer)
    rename(contact.organisation, OfficerFactory())
    assert Organisation.objects.get(pk=contact.organisation_id).name == "Autre nom"
