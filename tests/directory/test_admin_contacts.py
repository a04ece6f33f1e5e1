"""Creating contacts (SPEC A2), by the service and by the screen."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.contacts import create_contact
from ilo_cms.directory.models import Contact
from ilo_cms.referentials.models import GenericMailbox
from tests.factories import (
    ContactFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
)
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db


def values(**changed):
    """What an officer types."""
    place = changed.pop("establishment", None) or EstablishmentFactory()
    return {
        "organisation": place.organisation,
        "establishment": place,
        "last_name": "Dupont",
        "first_name": "Marina",
        "email": "marina.dupont@conseil.example",
        "phone": "06 12 34 56 78",
        "function": "Gérante",
        "has_access": True,
    } | changed


def test_a_new_person_becomes_a_contact_without_a_usable_password():
    officer = OfficerFactory()
    contact = create_contact(**values(), acting_user=officer.user)
    assert contact.user.email == "marina.dupont@conseil.example"
    assert contact.phone == "+33612345678"
    assert not contact.user.has_usable_password()
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {
        "account.created",
        "contact.created",
        "account.activation_sent",
    }


def test_a_known_email_attaches_the_same_person_whatever_its_case():
    known = ContactFactory(user__email="marina.dupont@conseil.example")
    contact = create_contact(
        **values(email=" Marina.Dupont@Conseil.example ", last_name="Autre"),
        acting_user=OfficerFactory().user,
    )
    assert contact.user == known.user
    assert contact.user.last_name == known.user.last_name
    assert known.user.contacts.count() == 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "Contact@conseil.example"}, "email"),
        ({"email": None}, "email"),
        ({"phone": "12"}, "phone"),
        ({"organisation": None}, "establishment"),
    ],
    ids=["generic", "access without address", "phone", "place of another"],
)
def test_a_refusal_is_said_at_its_field(changed, field):
    GenericMailbox.objects.create(code="contact", label="contact@")
    if "organisation" in changed:
        changed = {"organisation": OrganisationFactory()}
    with pytest.raises(ValidationError) as refusal:
        create_contact(**values(**changed), acting_user=OfficerFactory().user)
    assert list(refusal.value.message_dict) == [field]
    assert not Contact.objects.exists()


def test_an_address_that_administrators_no_longer_refuse_is_accepted():
    GenericMailbox.objects.create(code="contact", label="contact@", is_active=False)
    officer = OfficerFactory()
    contact = create_contact(**values(email="contact@conseil.example"), acting_user=officer.user)
    assert contact.user.email == "contact@conseil.example"


def test_a_person_is_a_contact_of_an_organisation_only_once():
    place = EstablishmentFactory()
    officer = OfficerFactory()
    create_contact(**values(establishment=place), acting_user=officer.user)
    with pytest.raises(ValidationError) as refusal:
        create_contact(**values(establishment=place), acting_user=officer.user)
    assert list(refusal.value.message_dict) == ["email"]


def test_only_officers_create_contacts():
    with pytest.raises(PermissionDenied):
        create_contact(**values(), acting_user=ContactFactory().user)


def post(client, **changed):
    """Send the creation form."""
    data = values(**changed)
    data |= {name: data[name].pk for name in ("organisation", "establishment")}
    data["has_access"] = "on"
    return client.post(reverse("contact:add"), data)


def test_the_screen_creates_and_refuses_with_the_reason():
    GenericMailbox.objects.create(code="info", label="info@")
    client = as_(an_officer())
    refused = post(client, email="info@conseil.example")
    assert refused.status_code == 200
    assert "adresse générique" in refused.text
    assert post(client).status_code == 302
    assert User.objects.filter(contacts__function="Gérante").count() == 1


def test_a_known_address_is_not_changed_by_an_officer():
    contact = ContactFactory(user__email="paul@conseil.example")
    data = {"last_name": "Petit", "first_name": "Paul", "email": "voleur@ailleurs.example"}
    data |= {"has_access": "on", "function": "", "phone": "", "other_phone": ""}
    data["establishment"] = contact.establishment.pk
    client = as_(an_officer())
    assert client.post(reverse("contact:edit", args=[contact.pk]), data).status_code == 302
    contact.user.refresh_from_db()
    assert (contact.user.email, contact.user.last_name) == ("paul@conseil.example", "Petit")


def test_a_person_without_address_gets_a_personal_one():
    GenericMailbox.objects.create(code="info", label="info@")
    contact = ContactFactory(user__no_email=True, without_access=True)
    data = {"last_name": contact.user.last_name, "first_name": contact.user.first_name}
    address = reverse("contact:edit", args=[contact.pk])
    client = as_(an_officer())
    for email, status in (("info@a.example", 200), ("Ines@a.example", 302)):
        assert client.post(address, data | {"email": email}).status_code == status
    contact.user.refresh_from_db()
    assert contact.user.email == "ines@a.example"
