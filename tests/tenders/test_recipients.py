"""Choosing who is asked, and saying beforehand how each is reached (SPEC T3, T4)."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.matching.services import Criteria, search
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.tenders.fairness import past_of
from ilo_cms.tenders.models import Invitation
from ilo_cms.tenders.recipients import add_recipients, reach_of, remove_recipient
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory
from tests.tenders.drafts import a_draft, a_sent_tender, accept, boss, choose, in_days


pytestmark = pytest.mark.django_db


def test_recipients_are_chosen_once_with_their_reason():
    tender, chosen = a_draft(), OrganisationFactory(name="Conseil Sol")
    made = add_recipients(
        tender=tender,
        organisations=[chosen, chosen],
        because={chosen.pk: "Thématique : gouvernance"},
        acting_user=boss(tender),
    )
    assert [row.chosen_because for row in made] == ["Thématique : gouvernance"]
    assert choose(tender, chosen) == []
    invitation = Invitation.objects.get()
    assert invitation.invited_at is None
    assert invitation.added_by == boss(tender)
    event = AuditEvent.objects.get(action="tender.recipients_added")
    assert event.detail.content["recipients"] == ["Conseil Sol"]


def test_who_cannot_be_invited_is_named_and_nobody_is_added():
    tender = a_draft()
    good = OrganisationFactory()
    for other in (
        OrganisationFactory(name="Endormie", inactive=True),
        tender.engagement.beneficiary,
        tender.engagement.operator,
    ):
        with pytest.raises(ValidationError, match=other.name):
            choose(tender, good, other)
    assert not Invitation.objects.exists()


def test_only_the_team_chooses():
    tender = a_draft()
    with pytest.raises(PermissionDenied):
        add_recipients(
            tender=tender,
            organisations=[OrganisationFactory()],
            because={},
            acting_user=OfficerFactory().user,
        )


def test_a_recipient_is_removed_before_it_is_sent_only():
    tender = a_draft()
    invitation = choose(tender, OrganisationFactory())[0]
    remove_recipient(invitation=invitation, acting_user=boss(tender))
    remove_recipient(invitation=invitation, acting_user=boss(tender))  # a second click
    assert not Invitation.objects.exists()
    tender = a_sent_tender()
    with pytest.raises(ValidationError, match="diffusée"):
        remove_recipient(invitation=tender.invitations.get(), acting_user=boss(tender))
    with pytest.raises(ValidationError, match="diffusée"):
        choose(tender, OrganisationFactory())
    assert Invitation.objects.count() == 1


def bounce(address: str) -> None:
    OutboxMessage.objects.create(
        address=address,
        subject="x",
        body="x",
        message_id=f"<{address}>",
        sent_at=timezone.now(),
        bounced_at=timezone.now(),
    )


def test_the_page_before_sending_says_who_is_reached_and_how():
    tender, organisation = a_draft(), OrganisationFactory(name="A")
    reachable = ContactFactory(organisation=organisation, user__last_name="A")
    mute = ContactFactory(organisation=organisation, user__no_email=True, user__last_name="B")
    ContactFactory(organisation=organisation, former=True)
    ContactFactory(organisation=organisation, without_access=True)
    ContactFactory(organisation=organisation, user__closed=True)
    never = ContactFactory(organisation=organisation, user__last_name="C")
    never.user.set_unusable_password()
    never.user.save()
    lost = ContactFactory(organisation__name="B")
    bounce(lost.user.email)
    choose(tender, organisation, lost.organisation, OrganisationFactory(name="C"))
    first, second, third = reach_of(tender)
    assert [person.contact for person in first.people] == [reachable, mute, never]
    assert first.people[0].channel == f"extranet et courriel ({reachable.user.email})"
    assert "sans adresse" in first.people[1].channel
    assert "jamais ouvert" in first.people[2].channel
    assert first.warning == ""
    assert "reviennent" in second.people[0].channel
    assert "Aucune adresse" in second.warning
    assert "personne ne sera prévenu" in third.warning


def test_an_address_that_worked_again_is_no_longer_lost():
    tender, contact = a_draft(), ContactFactory()
    bounce(contact.user.email)
    OutboxMessage.objects.create(
        address=contact.user.email,
        subject="x",
        body="x",
        message_id="<later>",
        sent_at=timezone.now(),
    )
    choose(tender, contact.organisation)
    assert reach_of(tender)[0].people[0].has_address


def test_an_organisation_made_inactive_is_flagged():
    tender, contact = a_draft(), ContactFactory()
    choose(tender, contact.organisation)
    contact.organisation.is_active = False
    contact.organisation.save()
    row = reach_of(tender)[0]
    assert row.people == []
    assert "inactive" in row.warning


@pytest.mark.parametrize("count", [2, 20])
def test_reach_costs_the_same_whatever_the_number(count, django_assert_num_queries):
    tender = a_draft()
    choose(tender, *(ContactFactory().organisation for _ in range(count)))
    with django_assert_num_queries(3):
        [row.warning for row in reach_of(tender)]


def test_answers_are_counted_per_hundred_invitations():
    contact, silent = ContactFactory(), ContactFactory()
    for _ in range(3):
        accept(a_sent_tender(contact.organisation, silent.organisation), contact.organisation)
    a_sent_tender(contact.organisation)
    choose(a_draft(), contact.organisation)  # chosen is not invited
    keys = [contact.organisation_id, silent.organisation_id, OrganisationFactory().pk]
    past = past_of(keys)
    assert (past[keys[0]].invited, past[keys[0]].answered, past[keys[0]].rate) == (4, 3, 75)
    assert (past[keys[1]].rate, past[keys[1]].last_on) == (0, timezone.localdate())
    assert keys[2] not in past


def test_who_was_invited_longest_ago_is_suggested_first():
    contacts = [ContactFactory(organisation__name=name) for name in "ABC"]
    a, b, c = (contact.organisation for contact in contacts)
    assert order() == [a.pk, b.pk, c.pk]
    a_sent_tender(a)
    assert order() == [b.pk, c.pk, a.pk]
    a_sent_tender(b)
    assert order() == [c.pk, a.pk, b.pk]  # the same day: by name
    Invitation.objects.filter(organisation=b).update(invited_at=in_days(-30))
    assert order() == [c.pk, b.pk, a.pk]


def order() -> list:
    return [hit.organisation for hit in search(Criteria()).hits]
