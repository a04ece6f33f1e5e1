"""Appointing officers and what it opens."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Officer
from ilo_cms.directory.officers import (
    ADMINISTRATORS_GROUP,
    OFFICERS_GROUP,
    appoint_officer,
    sync_groups,
)
from tests.factories import OfficerFactory, OrganisationFactory, UserFactory
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db


def groups(user):
    return set(user.groups.values_list("name", flat=True))


def test_appointing_opens_the_intranet_and_ending_closes_it():
    administrator, user = UserFactory(administrator=True), UserFactory()
    operator = OrganisationFactory(operator=True)
    appoint_officer(user=user, operator=operator, acting_user=administrator)
    assert groups(user) == {OFFICERS_GROUP}
    appoint_officer(user=user, operator=operator, acting_user=administrator, is_active=False)
    assert groups(user) == set()
    assert Officer.objects.count() == 1


def test_only_administrators_appoint_and_only_to_operators():
    user = UserFactory()
    with pytest.raises(PermissionDenied):
        appoint_officer(
            user=user,
            operator=OrganisationFactory(operator=True),
            acting_user=OfficerFactory().user,
        )
    with pytest.raises(ValidationError):
        appoint_officer(
            user=user,
            operator=OrganisationFactory(),
            acting_user=UserFactory(administrator=True),
        )
    assert not Officer.objects.filter(user=user).exists()


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"is_administrator": False}, {OFFICERS_GROUP}),
        ({"is_active": False}, set()),
    ],
)
def test_a_person_loses_the_group_with_the_role(change, left):
    user = OfficerFactory(user__administrator=True).user
    sync_groups(user)
    assert groups(user) == {OFFICERS_GROUP, ADMINISTRATORS_GROUP}
    User.objects.filter(pk=user.pk).update(**change)
    sync_groups(User.objects.get(pk=user.pk))
    assert groups(user) == left


def test_the_screen_appoints_and_ends():
    client = as_(an_administrator())
    user, operator = UserFactory(), OrganisationFactory(operator=True)
    data = {"user": user.pk, "operator": operator.pk, "phone": "04 72 00 00 00", "is_active": "on"}
    assert client.post(reverse("officer:add"), data).status_code == 302
    officer = Officer.objects.get()
    assert (officer.phone, groups(user)) == ("+33472000000", {OFFICERS_GROUP})
    del data["is_active"], data["user"]
    assert client.post(reverse("officer:edit", args=[officer.pk]), data).status_code == 302
    assert groups(user) == set()


def test_the_screen_of_people_gives_and_takes_the_national_role():
    client = as_(an_administrator())
    user = UserFactory()
    data = {"last_name": "Petit", "email": "autre@exemple.example", "is_active": "on"}
    for role, expected in (({"is_administrator": "on"}, {ADMINISTRATORS_GROUP}), ({}, set())):
        response = client.post(reverse("person:edit", args=[user.pk]), data | role)
        assert response.status_code == 302
        assert groups(user) == expected
    email = user.email
    user.refresh_from_db()
    assert (user.last_name, user.email) == ("Petit", email)


def test_an_administrator_does_not_edit_a_superuser():
    client = as_(an_administrator())
    technical = User.objects.create_superuser("root@exemple.example", "x", last_name="Racine")
    assert client.get(reverse("person:edit", args=[technical.pk])).status_code == 302


def test_officers_read_people_without_editing_them():
    client = as_(an_officer())
    person = UserFactory()
    assert client.get(reverse("person:inspect", args=[person.pk])).status_code == 200
    assert client.post(reverse("person:edit", args=[person.pk]), {}).status_code == 302
