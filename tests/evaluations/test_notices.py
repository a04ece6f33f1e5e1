"""A mail leaves only while it is true, and the engagement's page shows what each may see."""

import pytest
from django.test import RequestFactory

from ilo_cms.evaluations.panels import engagement_panel
from ilo_cms.evaluations.services.evaluations import share, unshare
from ilo_cms.evaluations.services.satisfaction import answer, tell
from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.models import Notification
from tests.evaluations.factories import EvaluationFactory, SatisfactionRequestFactory
from tests.factories import AssignmentFactory, OfficerFactory


pytestmark = pytest.mark.django_db


def test_a_mail_about_an_evaluation_no_longer_shared_does_not_leave():
    row = EvaluationFactory(finished=True)
    share(evaluation=row, acting_user=row.saved_by)
    notice = Notification.objects.get()
    assert still_true(notice)
    unshare(evaluation=row, acting_user=row.saved_by)
    assert not still_true(notice)


def test_a_reminder_does_not_leave_once_there_is_an_answer():
    asked = SatisfactionRequestFactory()
    tell("satisfaction.reminded", asked)
    notice = Notification.objects.get()
    assert still_true(notice)
    first = asked.version.questions.first()
    answer(request=asked, values={first.pk: 3}, acting_as=asked.contact)
    assert not still_true(notice)


def test_the_panel_of_an_engagement():
    row = EvaluationFactory(finished=True, assignment__label="Évaluée")
    engagement = row.assignment.engagement
    AssignmentFactory(done=True, engagement=engagement, label="À évaluer")
    SatisfactionRequestFactory(engagement=engagement, contact__user__first_name="Marina")
    request = RequestFactory().get("/")
    request.user = row.saved_by
    shown = engagement_panel(request, engagement)
    assert "Évaluée" in shown and "À évaluer" in shown and "Avis de" in shown
    request.user = OfficerFactory().user
    assert engagement_panel(request, engagement) is None
    share(evaluation=row, acting_user=row.saved_by)
    shown = engagement_panel(request, engagement)
    assert "Évaluée" in shown and "À évaluer" not in shown and "Avis de" not in shown
