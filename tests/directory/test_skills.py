"""The maximum of skills: by any door, and without locking who had more (SPEC P2)."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ilo_cms.directory.edits import create_record, edit_as_officer
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.skills import check_skills
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record
from ilo_cms.referentials.models import PlatformSettings, Skill, SkillGroup
from tests.factories import ContactFactory, OrganisationFactory
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db


@pytest.fixture
def skills():
    group = SkillGroup.objects.create(code="g", label="Famille")
    return [
        Skill.objects.create(code=f"s{n}", label=f"Compétence {n}", group=group, position=n)
        for n in range(6)
    ]


def at_most(number):
    PlatformSettings.objects.update_or_create(pk=1, defaults={"maximum_skills": number})


def keys(skills):
    return [skill.pk for skill in skills]


def test_there_is_no_maximum_by_default(skills):
    check_skills(OrganisationFactory(), keys(skills))


@pytest.mark.parametrize(
    ("has", "wants", "refused"),
    [
        ([], [0, 1, 2], False),  # at the maximum
        ([], [0, 1, 2, 3], True),
        ([0, 1, 2], [0, 1, 2, 3], True),
        ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4], False),  # had more before: keeps them
        ([0, 1, 2, 3, 4], [0, 1, 2, 3], False),  # gives one back, still above
        ([0, 1, 2, 3, 4], [0, 1, 2, 5], True),  # fewer, but one is new
        ([0, 1, 2, 3, 4], [4, 5], False),  # below: anything goes
        ([0, 1, 2, 3, 4], [], False),
    ],
)
def test_a_skill_is_refused_only_when_added_above_the_maximum(skills, has, wants, refused):
    at_most(3)
    organisation = OrganisationFactory()
    organisation.skills.set([skills[n] for n in has])
    chosen = [skills[n].pk for n in wants]
    if refused:
        with pytest.raises(ValidationError, match="3 compétences au plus"):
            check_skills(organisation, chosen)
    else:
        check_skills(organisation, chosen)


def test_the_provider_s_service_refuses_and_writes_nothing(skills):
    at_most(1)
    contact = ContactFactory()
    for target, key in [
        (Target.CONTACT, contact.pk),
        (Target.ORGANISATION, contact.organisation_id),
    ]:
        with pytest.raises(ValidationError, match="une seule compétence"):
            save_record(
                contact=contact,
                target=target,
                record_id=key,
                values={"presentation": "Bonjour", "skills": keys(skills[:2])},
            )
    assert Organisation.objects.get(pk=contact.organisation_id).presentation == ""
    assert not contact.skills.exists()


def test_the_officers_services_refuse(skills):
    at_most(1)
    user, organisation = an_officer(), OrganisationFactory()
    with pytest.raises(ValidationError):
        edit_as_officer(
            record=organisation,
            values={"skills": skills[:2]},
            acting_user=user,
            organisation=organisation,
        )
    new = Organisation(name="Nouvelle")
    with pytest.raises(ValidationError):
        create_record(
            record=new, values={"name": "Nouvelle", "skills": skills[:2]}, acting_user=user
        )
    assert not Organisation.objects.filter(name="Nouvelle").exists()


@pytest.mark.parametrize("noun", ["organisation", "contact"])
def test_the_officers_screens_say_it_at_the_field_and_keep_what_was_typed(skills, noun):
    at_most(2)
    contact = ContactFactory()
    record = contact if noun == "contact" else contact.organisation
    client = as_(an_officer())
    address = reverse(f"{noun}:edit", args=[record.pk])
    form = client.get(address).context["form"]
    assert "2 au plus." in form.fields["skills"].help_text
    data = {
        name: value
        for name in form.fields
        if (value := form[name].value()) not in (None, False, [])
    }
    page = client.post(address, data | {"skills": keys(skills[:3]), "presentation": "Gardée"})
    assert page.status_code == 200
    assert "décochez-en 1" in str(page.context["form"].errors["skills"])
    assert "Gardée" in page.text
    record.refresh_from_db()
    assert record.presentation == "" and not record.skills.exists()
