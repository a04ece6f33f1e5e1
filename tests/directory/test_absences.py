"""Absences: whose, from when to when, and who answers meanwhile (SPEC M4)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.absences import (
    delete_absence,
    deputies_on,
    is_absent,
    is_available,
    save_absence,
    today,
)
from ilo_cms.directory.models import Officer, OfficerAbsence
from ilo_cms.notifications.models import Notification
from tests.factories import OfficerFactory, UserFactory
from tests.helpers.intranet import an_administrator, an_officer, as_


pytestmark = pytest.mark.django_db

MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)


def absence(officer, first=MONDAY, last=FRIDAY, deputy=None, by=None):
    """An absence entered by the officer or by somebody else."""
    return save_absence(
        absence=OfficerAbsence(officer=officer, starts_on=first, ends_on=last, deputy=deputy),
        acting_user=by or officer.user,
    )


@pytest.mark.parametrize(
    ("moment", "absent"),
    [
        # Paris is one hour ahead of UTC in winter: its midnight is 23:00 the day before.
        (datetime(2026, 3, 1, 22, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 1, 23, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 6, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 6, 23, 0, 0, tzinfo=UTC), False),
    ],
)
def test_both_days_count_and_begin_at_midnight_in_paris(moment, absent, time_machine):
    officer = OfficerFactory()
    absence(officer)
    time_machine.move_to(moment, tick=False)
    assert is_absent(officer, today()) is absent
    available = Officer.objects.available_on(today()).filter(pk=officer.pk)
    assert available.exists() is not absent
    assert OfficerAbsence.objects.on(today()).exists() is absent


@pytest.mark.parametrize("moment", [datetime(2026, 7, 5, 21, 59, 59, tzinfo=UTC)])
def test_summer_time_moves_midnight(moment, time_machine):
    officer = OfficerFactory()
    absence(officer, date(2026, 7, 6), date(2026, 7, 6))
    time_machine.move_to(moment, tick=False)
    assert not is_absent(officer, today())
    time_machine.move_to(moment + timedelta(seconds=1), tick=False)
    assert is_absent(officer, today())


def test_a_deputy_answers_only_while_in_post_and_present():
    officer, deputy = OfficerFactory(), OfficerFactory()
    absence(officer, deputy=deputy)
    fresh = Officer.objects.get(pk=officer.pk)
    assert deputies_on(fresh, MONDAY) == [deputy]
    assert deputies_on(fresh, FRIDAY + timedelta(days=1)) == []
    absence(deputy, FRIDAY, FRIDAY)
    assert deputies_on(Officer.objects.get(pk=officer.pk), FRIDAY) == []
    assert not is_available(Officer.objects.get(pk=deputy.pk), FRIDAY)
    Officer.objects.filter(pk=deputy.pk).update(is_active=False)
    assert deputies_on(Officer.objects.get(pk=officer.pk), MONDAY) == []


def test_nobody_answers_for_an_officer_who_left():
    officer = OfficerFactory()
    absence(officer, deputy=OfficerFactory())
    Officer.objects.filter(pk=officer.pk).update(is_active=False)
    assert deputies_on(Officer.objects.get(pk=officer.pk), MONDAY) == []


def test_officers_enter_their_own_absence_and_administrators_anyones():
    officer = OfficerFactory()
    with pytest.raises(PermissionDenied, match="ses propres absences"):
        absence(officer, by=OfficerFactory().user)
    absence(officer, by=UserFactory(administrator=True))
    assert AuditEvent.objects.filter(action="absence.created").count() == 1


def test_nobody_moves_their_absence_to_somebody_else():
    mine = absence(OfficerFactory())
    user, mine.officer = mine.officer.user, OfficerFactory()
    with pytest.raises(PermissionDenied):
        save_absence(absence=mine, acting_user=user)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"first": FRIDAY, "last": MONDAY}, "ends_on"),
        ({"first": FRIDAY, "last": FRIDAY + timedelta(days=9)}, "starts_on"),
        ({"deputy": "self"}, "deputy"),
        ({"deputy": "gone"}, "deputy"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_at_its_field(fields, at):
    officer = OfficerFactory()
    if at == "starts_on":
        absence(officer)  # the new one would share a day with it
    if "deputy" in fields:
        fields = {"deputy": officer if fields["deputy"] == "self" else OfficerFactory(gone=True)}
    with pytest.raises(ValidationError) as refusal:
        absence(officer, **fields)
    assert at in refusal.value.message_dict


def test_two_absences_may_follow_each_other_without_sharing_a_day():
    officer = OfficerFactory()
    absence(officer)
    absence(officer, FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=3))
    assert officer.absences.count() == 2


def test_the_deputy_is_told_from_when_to_when():
    officer, deputy = OfficerFactory(), OfficerFactory()
    entered = absence(officer, deputy=deputy)
    notice = Notification.objects.get()
    assert notice.recipient == deputy.user
    assert "du 02/03/2026 au 06/03/2026" in notice.text
    save_absence(absence=entered, acting_user=officer.user)
    assert Notification.objects.count() == 1, "the same absence again tells nobody"


def test_an_absence_is_taken_back_and_logged():
    officer = OfficerFactory()
    entered = absence(officer)
    with pytest.raises(PermissionDenied):
        delete_absence(absence=entered, acting_user=OfficerFactory().user)
    delete_absence(absence=entered, acting_user=officer.user)
    assert not OfficerAbsence.objects.exists()
    assert AuditEvent.objects.filter(action="absence.deleted").exists()


# --- screens ------------------------------------------------------------------------------------

DAYS = {"starts_on": "2026-03-02", "ends_on": "2026-03-06"}


def test_an_officer_enters_changes_and_deletes_an_absence():
    user, deputy = an_officer(), OfficerFactory()
    client = as_(user)
    page = client.get(reverse("officerabsence:add"))
    assert 'name="officer"' not in page.text
    client.post(reverse("officerabsence:add"), DAYS | {"deputy": str(deputy.pk)})
    entered = OfficerAbsence.objects.get()
    assert (entered.officer, entered.deputy) == (user.officer, deputy)
    client.post(reverse("officerabsence:edit", args=[entered.pk]), DAYS | {"ends_on": "2026-03-04"})
    entered.refresh_from_db()
    assert (entered.ends_on, entered.deputy) == (date(2026, 3, 4), None)
    assert "retour anticipé" in client.get(reverse("officerabsence:delete", args=[entered.pk])).text
    client.post(reverse("officerabsence:delete", args=[entered.pk]))
    assert not OfficerAbsence.objects.exists()


def test_an_administrator_chooses_whose_absence_it_is():
    officer = OfficerFactory()
    client = as_(an_administrator())
    client.post(reverse("officerabsence:add"), DAYS | {"officer": str(officer.pk)})
    assert OfficerAbsence.objects.get().officer == officer


def test_a_refusal_is_shown_at_its_field_and_keeps_what_was_typed():
    client = as_(an_officer())
    page = client.post(reverse("officerabsence:add"), DAYS | {"ends_on": "2026-03-01"})
    assert "Le dernier jour ne peut pas précéder le premier." in page.text
    assert 'value="2026-03-01"' in page.text
    assert not OfficerAbsence.objects.exists()


def test_nobody_edits_somebody_elses_absence_through_the_screens():
    theirs = absence(OfficerFactory())
    client = as_(an_officer())
    for view in ("edit", "delete"):
        address = reverse(f"officerabsence:{view}", args=[theirs.pk])
        assert client.get(address).status_code == 302
        assert client.post(address, DAYS | {"ends_on": "2026-03-09"}).status_code == 302
    theirs.refresh_from_db()
    assert theirs.ends_on == FRIDAY


def test_the_list_says_who_is_absent_now(time_machine):
    user = an_officer()
    now = absence(user.officer)
    absence(OfficerFactory(), FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=3))
    time_machine.move_to(datetime(2026, 3, 3, 12, tzinfo=UTC), tick=False)
    page = as_(user).get(reverse("officerabsence:index") + "?quand=en-cours")
    assert list(page.context["object_list"]) == [now]
