"""A change of structure: the service, the edit form, and what is left behind (SPEC A7, A8)."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Activation, Contact, Organisation
from ilo_cms.directory.moves import Move, change_structure
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.referentials.models import GenericMailbox
from tests.factories import (
    ContactFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.helpers.intranet import as_
from tests.moderation.test_services import decide_all


pytestmark = pytest.mark.django_db


def a_move(organisation: Organisation, **values) -> Move:
    """A plain move to an organisation, today."""
    usual = {
        "establishment": None,
        "function": "Consultante",
        "phone": "06 12 34 56 78",
        "has_access": True,
        "ended_on": timezone.localdate(),
    }
    return Move(organisation=organisation, **usual | values)


# --- the service ----------------------------------------------------------------------------------


def test_the_old_membership_ends_and_the_new_one_begins(contact, sol, officer):
    place = EstablishmentFactory(organisation=sol)
    contact.presentation = "Vingt ans de coopératives"
    contact.save()
    new = change_structure(
        contact=contact, move=a_move(sol, establishment=place), acting_user=officer
    )
    contact.refresh_from_db()
    assert contact.is_former and contact.has_access and contact.ended_on == timezone.localdate()
    assert (new.user, new.organisation, new.establishment) == (contact.user, sol, place)
    assert (new.function, new.phone) == ("Consultante", "+33612345678")
    assert new.presentation == "Vingt ans de coopératives" and not new.is_former
    assert contact.organisation.is_active
    assert User.objects.filter(contacts__in=[contact, new]).distinct().count() == 1


def test_it_is_logged_and_told(contact, sol, officer):
    new = change_structure(contact=contact, move=a_move(sol), acting_user=officer)
    moved = AuditEvent.objects.get(action="contact.moved")
    assert (moved.target_id, moved.organisation_id) == (
        str(contact.pk),
        str(contact.organisation_id),
    )
    assert (moved.detail.content["before"], moved.detail.content["after"]) == (
        "Atelier Rhizome",
        "Conseil Sol",
    )
    created = AuditEvent.objects.get(action="contact.created")
    assert (created.target_id, created.organisation_id) == (str(new.pk), str(sol.pk))
    mail = OutboxMessage.objects.get()
    assert mail.address == contact.user.email
    assert "Vous agissez à son titre dès maintenant" in mail.body
    assert "encore lire ce que vous avez fait au titre d’Atelier Rhizome" in mail.body
    assert Notification.objects.get().organisation_id is None


def test_who_cannot_sign_in_yet_gets_a_link(contact, sol, officer):
    contact.user.set_unusable_password()
    contact.user.save()
    change_structure(contact=contact, move=a_move(sol), acting_user=officer)
    assert Activation.objects.get().contact.organisation == sol
    assert OutboxMessage.objects.count() == 1 and not Notification.objects.exists()


def test_the_officer_may_end_the_reading_too(contact, sol, officer):
    change_structure(contact=contact, move=a_move(sol, keeps_access=False), acting_user=officer)
    contact.refresh_from_db()
    assert contact.is_former and not contact.has_access
    assert "Votre accès à Atelier Rhizome a pris fin" in OutboxMessage.objects.get().body


def test_the_old_organisation_may_become_inactive_with_its_last_contact(contact, sol, officer):
    change_structure(contact=contact, move=a_move(sol, closes_old=True), acting_user=officer)
    contact.organisation.refresh_from_db()
    assert not contact.organisation.is_active


def test_an_organisation_with_other_contacts_stays_active(contact, sol, officer):
    ContactFactory(organisation=contact.organisation)
    with pytest.raises(ValidationError, match="reste active"):
        change_structure(contact=contact, move=a_move(sol, closes_old=True), acting_user=officer)
    assert Contact.objects.current().filter(pk=contact.pk).exists()
    assert not Contact.objects.filter(user=contact.user, organisation=sol).exists()


def test_only_officers_move_people(contact, sol):
    for user in (contact.user, UserFactory(analyst=True), OfficerFactory(gone=True).user):
        with pytest.raises(PermissionDenied):
            change_structure(contact=contact, move=a_move(sol), acting_user=user)
    assert Contact.objects.filter(user=contact.user).count() == 1


def test_nobody_leaves_twice(contact, sol, officer):
    change_structure(contact=contact, move=a_move(sol), acting_user=officer)
    with pytest.raises(ValidationError, match="a déjà quitté"):
        change_structure(contact=contact, move=a_move(OrganisationFactory()), acting_user=officer)
    assert Contact.objects.filter(user=contact.user).count() == 2


def test_nobody_is_a_contact_of_one_organisation_twice(contact, sol, officer):
    ContactFactory(user=contact.user, organisation=sol)
    for organisation in (sol, contact.organisation):
        with pytest.raises(ValidationError, match="déjà contact"):
            change_structure(contact=contact, move=a_move(organisation), acting_user=officer)
    contact.refresh_from_db()
    assert not contact.is_former


def test_an_organisation_created_meanwhile_is_not_created_twice(contact, sol, officer):
    new = Organisation(siren=sol.siren, name="Conseil Sol bis", is_provider=True)
    with pytest.raises(ValidationError, match="SIREN"):
        change_structure(contact=contact, move=a_move(new), acting_user=officer)
    assert Organisation.objects.filter(siren=sol.siren).count() == 1


@pytest.mark.parametrize("change", [{"email": None}, {"email": "contact@sol.example"}])
def test_access_needs_an_address_of_one_s_own(change, contact, sol, officer):
    GenericMailbox.objects.create(code="contact", label="contact")
    User.objects.filter(pk=contact.user_id).update(**change)
    contact = Contact.objects.get(pk=contact.pk)
    with pytest.raises(ValidationError):
        change_structure(contact=contact, move=a_move(sol), acting_user=officer)
    change_structure(contact=contact, move=a_move(sol, has_access=False), acting_user=officer)


@pytest.mark.parametrize(
    ("entered", "origins", "ended_on", "accepted"),
    [
        ("2026-03-10", {}, "2026-11-23", True),  # today
        ("2026-03-10", {}, "2026-11-24", False),  # tomorrow
        ("2026-03-10", {}, "2026-03-10", True),  # the day they were entered
        ("2026-03-10", {}, "2026-03-09", False),
        ("2026-03-10", {"phone": "enee"}, "2021-06-30", True),  # known from Enée long before
    ],
)
def test_the_day_of_leaving(
    entered, origins, ended_on, accepted, contact, sol, officer, time_machine
):
    time_machine.move_to("2026-11-23 12:00+01:00")
    Contact.objects.filter(pk=contact.pk).update(
        created_at=f"{entered}T09:00+01:00", origins=origins
    )
    move = a_move(sol, ended_on=date.fromisoformat(ended_on))
    if accepted:
        change_structure(contact=contact, move=move, acting_user=officer)
    else:
        with pytest.raises(ValidationError):
            change_structure(contact=contact, move=move, acting_user=officer)


@pytest.mark.parametrize("keeps_access", [True, False])
def test_a_request_that_waited_is_still_decided(wired, contact, sol, officer, keeps_access):
    old = contact.organisation
    old.referent = OfficerFactory()
    old.save()
    request = save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=old.pk,
        values={"name": "Atelier Rhizome SCOP"},
    )
    change_structure(
        contact=contact, move=a_move(sol, keeps_access=keeps_access), acting_user=officer
    )
    request.refresh_from_db()
    assert request.is_pending
    decide_all(request, old.referent.user)
    old.refresh_from_db()
    assert old.name == "Atelier Rhizome SCOP"
    told = OutboxMessage.objects.filter(address=contact.user.email)
    assert told.filter(body__contains="a traité votre demande").exists()


# --- the edit form --------------------------------------------------------------------------------


def edit(contact: Contact, officer: User, **values):
    """Save a contact's edit form with some values changed."""
    data = {"last_name": contact.user.last_name, "first_name": contact.user.first_name}
    data |= {"has_access": "on", "establishment": contact.establishment_id or ""}
    return as_(officer).post(reverse("contact:edit", args=[contact.pk]), data | values)


def test_ending_a_membership_by_hand(contact, officer):
    tomorrow = timezone.localdate() + timedelta(days=1)
    page = edit(contact, officer, ended_on=tomorrow.strftime("%d/%m/%Y"))
    assert page.status_code == 200 and "n’est pas encore passée" in page.text
    assert edit(contact, officer, ended_on=timezone.localdate()).status_code == 302
    contact.refresh_from_db()
    assert contact.is_former and contact.has_access


def test_taking_an_end_back_needs_that_the_person_did_not_return(contact, officer):
    Contact.objects.filter(pk=contact.pk).update(ended_on=timezone.localdate())
    contact.refresh_from_db()
    again = ContactFactory(user=contact.user, organisation=contact.organisation)
    page = edit(contact, officer, ended_on="")
    assert page.status_code == 200 and "de nouveau contact de cette structure" in page.text
    again.delete()
    assert edit(contact, officer, ended_on="").status_code == 302
    contact.refresh_from_db()
    assert not contact.is_former


def test_making_an_organisation_inactive_by_hand_makes_its_contacts_readers(contact, officer):
    organisation = contact.organisation
    data = {"name": organisation.name, "siren": organisation.siren, "is_provider": "on"}
    client = as_(officer)
    page = client.post(reverse("organisation:edit", args=[organisation.pk]), data)
    assert page.status_code == 302
    organisation.refresh_from_db()
    assert not organisation.is_active
    assert "Votre structure est inactive" in as_(contact.user).get("/").text
