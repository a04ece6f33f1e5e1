"""Saving a record and deciding on it (SPEC M1–M6)."""

from threading import Thread

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, connection

from ilo_cms.audit.models import AuditEvent
from ilo_cms.desk.management.commands.setup_ilo import wire
from ilo_cms.directory.edits import edit_as_officer
from ilo_cms.directory.models import Organisation
from ilo_cms.moderation.decisions import Verdict, decide
from ilo_cms.moderation.models import ChangeRequest, ModerationRule, Target
from ilo_cms.moderation.reading import request_fingerprint
from ilo_cms.moderation.referents import take_over
from ilo_cms.moderation.services import save_record, withdraw
from ilo_cms.notifications.models import Notification, OutboxMessage
from tests.factories import (
    ContactFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
)


pytestmark = pytest.mark.django_db


@pytest.fixture
def referent(wired):
    return OfficerFactory(
        operator__operator=True, operator__operated_territories=[DepartmentFactory()]
    )


@pytest.fixture
def contact(referent):
    organisation = OrganisationFactory(name="Conseil Sol", presentation="", referent=referent)
    return ContactFactory(organisation=organisation)


def save(contact, **values) -> ChangeRequest | None:
    return save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation_id,
        values=values,
    )


def decide_all(request, user, *, approved=True, comment="Non.", fingerprint=None):
    return decide(
        change_request=request,
        verdicts={item.pk: Verdict(approved, comment) for item in request.items.all()},
        fingerprint=fingerprint or request_fingerprint(request),
        acting_user=user,
    )


def live(contact) -> Organisation:
    return Organisation.objects.get(pk=contact.organisation_id)


def test_one_save_mixes_free_and_moderated_fields(contact):
    request = save(contact, name="Conseil Sol SCOP", presentation="Nous conseillons.")
    assert live(contact).presentation == "Nous conseillons."
    assert live(contact).origins == {"presentation": "provider"}
    assert live(contact).name == "Conseil Sol"
    assert [(item.field, item.old, item.new) for item in request.items.all()] == [
        ("name", "Conseil Sol", "Conseil Sol SCOP")
    ]


def test_a_free_save_waits_for_nobody(contact):
    assert save(contact, presentation="Nous conseillons.", name="Conseil Sol") is None
    assert not ChangeRequest.objects.exists()


def test_the_referent_alone_is_told(contact, referent):
    OfficerFactory(operator=referent.operator)
    save(contact, name="Conseil Sol SCOP")
    notice = Notification.objects.get()
    assert notice.recipient == referent.user
    assert "Conseil Sol" in notice.text and "dénomination" in notice.text
    assert OutboxMessage.objects.get().address == referent.user.email


def test_without_referent_the_officers_of_the_territory_are_told(contact, referent):
    Organisation.objects.filter(pk=contact.organisation_id).update(referent=None)
    elsewhere = OfficerFactory(
        operator__operated_territories=[DepartmentFactory(nord=True)],
    )
    save(contact, name="Conseil Sol SCOP")
    told = {notice.recipient for notice in Notification.objects.all()}
    assert told == {referent.user}
    assert elsewhere.user not in told


def test_changing_a_request_again_keeps_one_request(contact):
    first = save(contact, name="Conseil Sol SCOP")
    second = save(contact, name="Conseil Sol Coop", acronym="CS")
    assert first == second
    assert second.items.get().new == "Conseil Sol Coop"


def test_saving_the_same_request_again_tells_nobody_twice(contact):
    save(contact, name="Conseil Sol SCOP")
    save(contact, name="Conseil Sol SCOP", presentation="Encore.")
    assert Notification.objects.count() == 1


def test_asking_for_the_live_value_takes_the_field_back(contact):
    request = save(contact, name="Conseil Sol SCOP")
    assert save(contact, name="Conseil Sol") is None
    request.refresh_from_db()
    assert request.withdrawn_at and not request.is_pending


def test_withdrawing_leaves_the_live_value(contact):
    request = save(contact, name="Conseil Sol SCOP")
    withdraw(change_request=request, contact=contact)
    assert live(contact).name == "Conseil Sol"
    with pytest.raises(ValidationError):
        withdraw(change_request=request, contact=contact)


def test_nobody_withdraws_for_somebody_else(contact):
    request = save(contact, name="Conseil Sol SCOP")
    colleague = ContactFactory(organisation=contact.organisation)
    with pytest.raises(ValidationError):
        withdraw(change_request=request, contact=colleague)


def test_an_administrator_makes_a_field_free(contact):
    ModerationRule.objects.create(target=Target.ORGANISATION, field="name", is_moderated=False)
    assert save(contact, name="Conseil Sol SCOP") is None
    assert live(contact).name == "Conseil Sol SCOP"


def test_an_administrator_makes_a_field_moderated(contact):
    ModerationRule.objects.create(target=Target.ORGANISATION, field="website", is_moderated=True)
    assert save(contact, website="https://conseil-sol.example/") is not None
    assert live(contact).website == ""


@pytest.mark.parametrize("change", [{"ended_on": "2026-01-31"}, {"organisation__is_active": False}])
def test_former_contacts_and_inactive_organisations_only_read(contact, change):
    for path, value in change.items():
        owner = contact.organisation if path.startswith("organisation__") else contact
        setattr(owner, path.rpartition("__")[2], value)
        owner.save()
    with pytest.raises(PermissionDenied):
        save(contact, presentation="Trop tard.")
    assert live(contact).presentation == ""


def test_another_organisation_cannot_be_reached(contact):
    other = OrganisationFactory(name="Autre")
    with pytest.raises(Organisation.DoesNotExist):
        save_record(
            contact=contact,
            target=Target.ORGANISATION,
            record_id=other.pk,
            values={"presentation": "Volé"},
        )


def test_approving_makes_the_values_live_and_tells_the_author(contact, referent):
    request = save(contact, name="Conseil Sol SCOP")
    decide_all(request, referent.user)
    assert live(contact).name == "Conseil Sol SCOP"
    assert live(contact).origins["name"] == "provider"
    notice = Notification.objects.get(recipient=contact.user)
    assert notice.organisation_id == contact.organisation_id
    assert "acceptée" in notice.text
    assert AuditEvent.objects.filter(action="moderation.decided").count() == 1


def test_a_request_is_decided_field_by_field(contact, referent):
    request = save(contact, name="Conseil Sol SCOP", head_office_nic="00020")
    by_field = {item.field: item for item in request.items.all()}
    decide(
        change_request=request,
        verdicts={
            by_field["name"].pk: Verdict(False, "Joignez vos statuts."),
            by_field["head_office_nic"].pk: Verdict(True),
        },
        fingerprint=request_fingerprint(request),
        acting_user=referent.user,
    )
    assert (live(contact).name, live(contact).head_office_nic) == ("Conseil Sol", "00020")
    assert "Joignez vos statuts." in Notification.objects.get(recipient=contact.user).text


def test_a_refusal_needs_a_comment_and_every_field_a_verdict(contact, referent):
    request = save(contact, name="Conseil Sol SCOP")
    with pytest.raises(ValidationError, match="expliqué"):
        decide_all(request, referent.user, approved=False, comment=" ")
    with pytest.raises(ValidationError, match="chaque champ"):
        decide(
            change_request=request,
            verdicts={},
            fingerprint=request_fingerprint(request),
            acting_user=referent.user,
        )
    request.refresh_from_db()
    assert request.is_pending


def test_nobody_decides_on_values_they_did_not_see(contact, referent):
    request = save(contact, name="Conseil Sol SCOP")
    seen = request_fingerprint(request)
    Organisation.objects.filter(pk=contact.organisation_id).update(name="Nom changé entre-temps")
    with pytest.raises(ValidationError, match="a changé"):
        decide_all(request, referent.user, fingerprint=seen)
    assert live(contact).name == "Nom changé entre-temps"
    decide_all(request, referent.user)
    assert live(contact).name == "Conseil Sol SCOP"


def test_a_request_is_decided_once(contact, referent):
    request = save(contact, name="Conseil Sol SCOP")
    decide_all(request, referent.user, approved=False)
    with pytest.raises(PermissionDenied):
        decide_all(request, referent.user)
    assert live(contact).name == "Conseil Sol"


def test_only_the_referent_decides(contact, referent):
    request = save(contact, name="Conseil Sol SCOP")
    colleague = OfficerFactory(operator=referent.operator)
    for user in (colleague.user, contact.user):
        with pytest.raises(PermissionDenied):
            decide_all(request, user)


def test_nobody_decides_on_their_own_request(contact, referent):
    own = ContactFactory(organisation=contact.organisation, user=referent.user)
    request = save(own, name="Conseil Sol SCOP")
    with pytest.raises(PermissionDenied, match="propre demande"):
        decide_all(request, referent.user)


def test_without_an_available_referent_an_officer_of_the_territory_steps_in(contact, referent):
    referent.is_active = False
    referent.save()
    request = save(contact, name="Conseil Sol SCOP")
    colleague = OfficerFactory(operator=referent.operator)
    elsewhere = OfficerFactory(
        operator__operated_territories=[DepartmentFactory(nord=True)],
    )
    with pytest.raises(PermissionDenied, match="territoire"):
        take_over(change_request=request, acting_user=elsewhere.user)
    take_over(change_request=request, acting_user=colleague.user)
    decide_all(request, colleague.user)
    assert live(contact).name == "Conseil Sol SCOP"


def test_a_region_stands_for_its_departments(contact, referent):
    referent.operator.operated_territories.set([DepartmentFactory().region])
    Organisation.objects.filter(pk=contact.organisation_id).update(referent=None)
    request = save(contact, name="Conseil Sol SCOP")
    take_over(change_request=request, acting_user=referent.user)
    assert live(contact).referent == referent


def test_an_available_referent_is_not_replaced(contact, referent):
    colleague = OfficerFactory(operator=referent.operator)
    request = save(contact, name="Conseil Sol SCOP")
    with pytest.raises(PermissionDenied, match="attend sa ou son référent·e"):
        take_over(change_request=request, acting_user=colleague.user)
    with pytest.raises(PermissionDenied, match="déjà"):
        take_over(change_request=request, acting_user=referent.user)


def test_the_queue_of_an_officer_is_the_twin_of_the_policy(contact, referent):
    request = save(contact, name="Conseil Sol SCOP")
    colleague = OfficerFactory(operator=referent.operator)
    assert list(ChangeRequest.objects.decidable_by(referent.user)) == [request]
    assert not ChangeRequest.objects.decidable_by(colleague.user).exists()
    assert not ChangeRequest.objects.decidable_by(contact.user).exists()


def test_an_establishment_is_moderated_too(contact, referent):
    place = EstablishmentFactory(organisation=contact.organisation, city="Lyon", phone="")
    request = save_record(
        contact=contact,
        target=Target.ESTABLISHMENT,
        record_id=place.pk,
        values={"city": "Villeurbanne", "phone": "+33465710001"},
    )
    place.refresh_from_db()
    assert (place.city, place.phone) == ("Lyon", "+33465710001")
    decide_all(request, referent.user)
    place.refresh_from_db()
    assert place.city == "Villeurbanne"


def test_the_workflow_starts_and_ends_with_the_request(contact, referent):
    request = save(contact, name="Conseil Sol SCOP")
    assert request.current_workflow_state is not None
    decide_all(request, referent.user)
    request = ChangeRequest.objects.get(pk=request.pk)
    assert request.current_workflow_state is None
    assert request.workflow_states.get().status == "approved"


def test_a_refused_request_leaves_the_contact_free_to_ask_again(contact, referent):
    first = save(contact, name="Conseil Sol SCOP")
    decide_all(first, referent.user, approved=False)
    second = save(contact, name="Conseil Sol Coop")
    assert second != first and second.is_pending


def test_no_personal_value_enters_wagtail_revisions(contact, referent):
    request = save_record(
        contact=contact,
        target=Target.CONTACT,
        record_id=contact.pk,
        values={"last_name": "Canari-Unique"},
    )
    for revision in request.revisions.all():
        assert "Canari" not in f"{revision.content} {revision.object_str}"
        assert contact.user.last_name not in f"{revision.content} {revision.object_str}"


def test_a_value_that_became_impossible_is_said_and_loses_nothing(contact, referent):
    place = EstablishmentFactory(organisation=contact.organisation, nic="00020")
    request = save_record(
        contact=contact, target=Target.ESTABLISHMENT, record_id=place.pk, values={"nic": "00038"}
    )
    EstablishmentFactory(organisation=contact.organisation, nic="00038")
    with pytest.raises(ValidationError, match="n’est plus possible"):
        decide_all(request, referent.user)
    place.refresh_from_db()
    request.refresh_from_db()
    assert place.nic == "00020" and request.is_pending


@pytest.mark.django_db(transaction=True)
def test_deciding_and_editing_at_once_never_wait_for_each_other():
    """On PostgreSQL two services that lock in different orders deadlock; ours share one order."""
    wire()
    referent = OfficerFactory()
    contact = ContactFactory(organisation=OrganisationFactory(referent=referent))
    place = contact.establishment
    faults = []

    def run(act):
        try:
            act()
        except (OperationalError, InterfaceError) as error:
            faults.append(error)
        finally:
            connection.close()

    for number in range(8):
        save(contact, name=f"Nom {number}")
        request = save_record(
            contact=contact,
            target=Target.ESTABLISHMENT,
            record_id=place.pk,
            values={"city": f"Ville {number}"},
        )
        decider = Thread(
            target=run, args=[lambda request=request: decide_all(request, referent.user)]
        )
        editor = Thread(
            target=run,
            args=[
                lambda number=number: edit_as_officer(
                    record=place,
                    values={"phone": f"+3346571000{number}"},
                    acting_user=referent.user,
                    organisation=contact.organisation,
                )
            ],
        )
        decider.start(), editor.start()
        decider.join(), editor.join()
    assert faults == []
    assert not ChangeRequest.objects.pending().exists()
