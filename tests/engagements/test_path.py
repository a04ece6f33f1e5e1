"""Opening, stages, handing over, closing, reopening (SPEC E1)."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import faults
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.models import Engagement, StageEntry
from ilo_cms.engagements.path import (
    check_not_future,
    close_engagement,
    correct_stage,
    current_entry,
    edit_engagement,
    enter_stage,
    hand_over,
    open_engagement,
    reopen_engagement,
)
from ilo_cms.engagements.people import remove_participant
from ilo_cms.notifications.models import Notification
from tests.engagements.helpers import planned, started
from tests.factories import (
    AssignmentFactory,
    EngagementContactFactory,
    OfficerFactory,
    OrganisationFactory,
    fictional_siren,
)


pytestmark = pytest.mark.django_db


def enter(engagement, stage="diagnostic", day=date(2026, 3, 1), seen=None, user=None):
    current = current_entry(engagement)
    return enter_stage(
        engagement=engagement,
        stage=stage,
        entered_on=day,
        seen=(str(current.pk) if current else "") if seen is None else seen,
        acting_user=user or engagement.officer.user,
    )


def stage_of(engagement):
    return Engagement.objects.with_stage().get(pk=engagement.pk).current_stage


def acts():
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


# --- opening ----------------------------------------------------------------------------------


def opening(by, /, **values):
    return open_engagement(
        **{
            "key": uuid4(),
            "beneficiary": OrganisationFactory(beneficiary=True),
            "title": "Gouvernance",
            "opened_on": date(2026, 1, 15),
            "acting_user": by.user,
        }
        | values
    )


def test_a_new_beneficiary_is_created_and_waits_for_insee():
    siren = fictional_siren(77_001)
    made = opening(OfficerFactory(), beneficiary=Organisation(siren=siren, name="La Ruche"))
    stored = Organisation.objects.get(siren=siren)
    assert made.beneficiary == stored and stored.is_beneficiary and stored.awaits_insee
    assert stage_of(made) == "accueil" and made.officer.user.pk
    assert acts() == ["organisation.created", "engagement.opened"] and not list(faults())


def test_a_structure_created_meanwhile_is_used():
    known = OrganisationFactory(siren=fictional_siren(77_002))
    made = opening(OfficerFactory(), beneficiary=Organisation(siren=known.siren, name="x"))
    known.refresh_from_db()
    assert made.beneficiary == known and known.is_beneficiary and known.is_provider


def test_the_same_form_sent_twice_opens_once():
    officer, key, house = OfficerFactory(), uuid4(), OrganisationFactory(beneficiary=True)
    assert opening(officer, key=key, beneficiary=house) == opening(
        officer, key=key, beneficiary=house
    )
    assert StageEntry.objects.count() == 1


def test_who_opens_and_when():
    officer = OfficerFactory()
    for values, error in (
        ({"acting_user": OfficerFactory(gone=True).user}, PermissionDenied),
        ({"opened_on": date(2099, 1, 1)}, ValidationError),
        ({"officer": OfficerFactory()}, ValidationError),
        ({"officer": OfficerFactory(operator=officer.operator, gone=True)}, ValidationError),
        ({"title": " "}, ValidationError),
    ):
        with pytest.raises(error):
            opening(officer, **values)
    assert not Engagement.objects.exists()


# --- stages -----------------------------------------------------------------------------------


def test_stages_are_entered_returned_to_and_kept():
    engagement = started()
    enter(engagement, "diagnostic")
    enter(engagement, "plan")
    enter(engagement, "diagnostic")  # the same day, and again
    assert stage_of(engagement) == "diagnostic"
    stages = engagement.stage_entries.values_list("stage", flat=True)
    assert list(stages) == ["accueil", "diagnostic", "plan", "diagnostic"]
    assert acts() == ["engagement.stage_entered"] * 3


def test_the_second_officer_is_told_and_nothing_is_doubled():
    engagement = started()
    colleague = OfficerFactory(operator=engagement.operator)
    seen = str(current_entry(engagement).pk)
    enter(engagement, seen=seen)
    with pytest.raises(ValidationError, match=str(engagement.officer.user)) as told:
        enter(engagement, seen=seen, user=colleague.user)
    assert told.value.code == "changed"
    assert engagement.stage_entries.count() == 2


def test_a_stage_is_not_entered_out_of_time_nor_by_others():
    engagement = started()
    enter(engagement)
    for values in ({"day": date(2026, 2, 28)}, {"day": date(2099, 1, 1)}, {"stage": "diagnostic"}):
        with pytest.raises(ValidationError):
            enter(engagement, **{"stage": "plan"} | values)
    with pytest.raises(ValidationError):
        enter(engagement, "fin")
    with pytest.raises(PermissionDenied):
        enter(engagement, "plan", user=OfficerFactory().user)
    assert stage_of(engagement) == "diagnostic"


def correct(engagement, day):
    return correct_stage(
        engagement=engagement,
        entered_on=day,
        seen=str(current_entry(engagement).pk),
        acting_user=engagement.officer.user,
    )


def test_a_mistaken_stage_is_withdrawn_and_kept_or_gets_its_right_day():
    engagement = started()
    enter(engagement)
    assert correct(engagement, date(2026, 2, 1)).entered_on == date(2026, 2, 1)
    with pytest.raises(ValidationError):
        correct(engagement, date(2026, 1, 1))
    assert correct(engagement, None).stage == stage_of(engagement) == "accueil"
    assert engagement.stage_entries.count() == 2
    with pytest.raises(ValidationError):
        correct(engagement, None)
    enter(engagement, "plan")
    assert stage_of(engagement) == "plan"


@pytest.mark.parametrize(
    ("moment", "paris"),
    [
        ("2026-12-31T22:59:59Z", date(2026, 12, 31)),
        ("2026-12-31T23:00:00Z", date(2027, 1, 1)),
        ("2026-03-28T23:00:00Z", date(2026, 3, 29)),  # the night of summer time
        ("2026-03-29T21:59:59Z", date(2026, 3, 29)),
        ("2026-03-29T22:00:00Z", date(2026, 3, 30)),
        ("2026-10-25T22:59:59Z", date(2026, 10, 25)),
        ("2026-10-25T23:00:00Z", date(2026, 10, 26)),
    ],
)
def test_a_day_begins_at_midnight_in_paris(moment, paris):
    with time_machine.travel(moment, tick=False):
        check_not_future(paris, "day")
        with pytest.raises(ValidationError):
            check_not_future(date.fromordinal(paris.toordinal() + 1), "day")


# --- handing over, closing, reopening ---------------------------------------------------------


def test_handing_over_stays_in_the_team_and_tells_the_colleague():
    engagement = started()
    giver, colleague = engagement.officer, OfficerFactory(operator=engagement.operator)
    for wrong in (OfficerFactory(), giver, OfficerFactory(operator=giver.operator, gone=True)):
        with pytest.raises(ValidationError):
            hand_over(engagement=engagement, officer=wrong, acting_user=giver.user)
    made = hand_over(
        engagement=engagement, officer=colleague, acting_user=giver.user, message="À toi !"
    )
    assert made.officer == colleague and acts() == ["engagement.handed_over"]
    assert Notification.objects.get().recipient == colleague.user


def close(engagement, day=date(2026, 6, 30), reason="Plan réalisé"):
    return close_engagement(
        engagement=engagement, closed_on=day, reason=reason, acting_user=engagement.officer.user
    )


def test_closing_and_reopening_give_a_reason_and_stay_in_the_log():
    engagement = started()
    enter(engagement)
    for wrong in ({"reason": "  "}, {"day": date(2026, 2, 1)}, {"day": date(2099, 1, 1)}):
        with pytest.raises(ValidationError):
            close(engagement, **wrong)
    assert close(engagement).closing_reason == "Plan réalisé"
    with pytest.raises(ValidationError):
        close(engagement)
    with pytest.raises(PermissionDenied, match="rouvrez"):
        enter(engagement, "plan")
    user = engagement.officer.user
    with pytest.raises(ValidationError):
        reopen_engagement(engagement=engagement, reason="", acting_user=user)
    assert reopen_engagement(engagement=engagement, reason="Suite", acting_user=user).is_open
    enter(engagement, "plan")
    assert acts()[-3:] == [
        "engagement.closed",
        "engagement.reopened",
        "engagement.stage_entered",
    ]


def test_an_engagement_is_not_closed_over_what_is_pending():
    engagement = started()
    planned(engagement, label="Mission en cours")
    with pytest.raises(ValidationError, match="Mission en cours"):
        close(engagement)


def test_an_edit_is_logged_and_keeps_what_others_wrote():
    engagement = started()
    user = engagement.officer.user
    other = Engagement.objects.get(pk=engagement.pk)
    edit_engagement(engagement=engagement, values={"title": "Nouveau"}, acting_user=user)
    edit_engagement(engagement=other, values={"opened_on": date(2026, 1, 10)}, acting_user=user)
    edit_engagement(engagement=other, values={"title": "Nouveau"}, acting_user=user)
    stored = Engagement.objects.get(pk=engagement.pk)
    assert (stored.title, stored.opened_on) == ("Nouveau", date(2026, 1, 10))
    assert acts() == ["engagement.updated"] * 2  # the third changed nothing
    with pytest.raises(PermissionDenied):
        edit_engagement(
            engagement=engagement, values={"title": "x"}, acting_user=OfficerFactory().user
        )


def test_an_engagement_crosses_years():
    engagement = started(opened_on=date(2025, 12, 31))
    done = started(opened_on=date(2024, 5, 1), closed_on=date(2025, 1, 1))
    for year, found in ((2024, {done}), (2025, {engagement, done}), (2026, {engagement})):
        assert set(Engagement.objects.open_in(year)) == found


def test_an_engagement_does_not_change_hands_with_what_rests_on_its_beneficiary():
    engagement = started()
    carrier = AssignmentFactory(engagement=engagement).provider
    house = OrganisationFactory(beneficiary=True)

    def give_to(beneficiary):
        values = {"beneficiary": beneficiary}
        edit_engagement(engagement=engagement, values=values, acting_user=engagement.officer.user)

    for wrong in (carrier, OrganisationFactory(beneficiary=True, is_active=False)):
        with pytest.raises(ValidationError):
            give_to(wrong)
    participant = EngagementContactFactory(engagement=engagement)
    with pytest.raises(ValidationError, match="retirez-les"):
        give_to(house)
    remove_participant(participant=participant, acting_user=engagement.officer.user)
    give_to(house)
    assert Engagement.objects.get(pk=engagement.pk).beneficiary == house
