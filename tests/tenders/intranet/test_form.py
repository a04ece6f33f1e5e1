"""The form of a tender: started, filled in, changed, copied (SPEC T2)."""

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from ilo_cms.tenders.calls import criteria_of
from ilo_cms.tenders.models import TemplateCriterion, Tender, TenderTemplate
from ilo_cms.tenders.rules import Weighted
from tests.factories import AssignmentFactory, EngagementFactory
from tests.tenders.drafts import a_draft, a_sent_tender, again
from tests.tenders.intranet.asking import SHOWN, page, said


pytestmark = pytest.mark.django_db


def test_a_tender_is_started_from_an_engagement(browser, engagement):
    page(browser, "tender_start")
    answer = browser.get(reverse("tender_start"), {"engagement": engagement.pk})
    assert answer.url == reverse("tender_create", args=[engagement.pk])
    other = EngagementFactory()
    answer = browser.get(reverse("tender_start"), {"engagement": other.pk})
    assert answer.status_code == 422


def test_a_key_that_is_none_is_refused_by_the_form(browser, engagement):
    source = a_draft(engagement)
    page(browser, "tender_start", status=422, engagement="zz")
    answer = browser.post(reverse("tender_copy", args=[source.pk]), {"engagement": "zz"})
    assert answer.status_code == 422


def test_the_form_makes_a_tender_once(browser, engagement):
    data, address = said(), reverse("tender_create", args=[engagement.pk])
    for _ in range(2):
        answer = browser.post(address, data)
        assert answer.status_code == 302, answer.content.decode()
    tender = Tender.objects.get()
    assert answer.url == reverse("tender_recipients", args=[tender.pk])
    assert str(tender.budget) == "1250.50"
    assert "Clarifier les rôles." in tender.need
    assert timezone.localtime(tender.deposit_deadline).hour == 12
    assert criteria_of(tender) == [Weighted("Méthode", 60), Weighted("Prix", 40)]


@pytest.mark.parametrize("need", ["", "[]", '{"blocks": [{}]}', "Un <b>besoin</b>"])
def test_a_need_typed_without_the_editor_is_plain_text(browser, engagement, need):
    address = reverse("tender_create", args=[engagement.pk])
    assert browser.post(address, said(need=need)).status_code == 302
    assert Tender.objects.get().need == (f"<p>{escape(need)}</p>" if need else "")


def test_lines_typed_without_the_editor_are_shown_in_it_later(browser, engagement):
    address = reverse("tender_create", args=[engagement.pk])
    assert browser.post(address, said(need="Un\ndeux")).status_code == 302
    assert "Un" in page(browser, "tender_edit", Tender.objects.get().pk)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": ""}, "Intitulé</a>&nbsp;: Champ requis"),
        ({"themes": []}, "Thématiques</a>&nbsp;: Champ requis"),
        ({"participation_deadline_day": "2020-01-01"}, "déjà passée"),
        ({"participation_deadline_day": "2099-01-01"}, "doit suivre"),
        ({"participation_deadline_hour": ""}, "le jour et l’heure"),
        ({"criteria-1-weight": ""}, "un intitulé et un poids"),
        ({"criteria-1-label": "méthode"}, "le même intitulé"),
        ({"budget": "beaucoup"}, "nombre"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(browser, engagement, values, words):
    data = said(**values)
    answer = browser.post(reverse("tender_create", args=[engagement.pk]), data)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert not Tender.objects.exists()
    assert "Méthode" in text


def test_a_new_form_begins_with_what_is_known(browser, engagement):
    template = TenderTemplate.objects.create(label="Gouvernance", need="<p>Du calme</p>")
    TemplateCriterion.objects.create(template=template, label="Du modèle", weight=100)
    assignment = AssignmentFactory(planned=True, engagement=engagement, label="Revoir les statuts")
    key = reverse("tender_create", args=[engagement.pk])
    TenderTemplate.objects.create(label="Ancien", is_active=False)
    offered = browser.get(key, {"prestation": assignment.pk}).content.decode()
    assert (
        f'href="?prestation={assignment.pk}&amp;modele={template.pk}">Gouvernance</a>.' in offered
    )
    text = browser.get(key, {"modele": template.pk, "prestation": assignment.pk}).content.decode()
    assert "Partir d’un modèle" not in text
    for words in ("Du modèle", "Du calme", "Revoir les statuts"):
        assert words in text
    assert browser.get(key, {"modele": "x"}).status_code == 404


def test_a_draft_is_changed_and_the_second_officer_is_told(browser, engagement):
    tender = a_draft(engagement)
    address = reverse("tender_edit", args=[tender.pk])
    assert tender.title in page(browser, "tender_edit", tender.pk)
    assert browser.post(address, said(title="Autre", **SHOWN)).status_code == 302
    assert again(tender).title == "Autre"
    assert again(tender).criteria.count() == 2
    answer = browser.post(address, said(title="Troisième", **SHOWN))
    assert answer.status_code == 409
    assert "Troisième" in answer.content.decode()


def test_deadlines_that_were_not_touched_keep_their_seconds(browser, engagement):
    tender = a_draft(engagement, questions_deadline=None)
    data = said(title="Autre", **SHOWN)
    for name in ("participation_deadline", "deposit_deadline"):
        local = timezone.localtime(getattr(tender, name))
        data[f"{name}_day"], data[f"{name}_hour"] = f"{local:%Y-%m-%d}", f"{local:%H:%M}"
    assert browser.post(reverse("tender_edit", args=[tender.pk]), data).status_code == 302
    assert again(tender).deposit_deadline == tender.deposit_deadline


def test_a_tender_is_copied_to_another_engagement(browser, engagement):
    source = a_sent_tender(engagement=engagement)
    target = EngagementFactory(officer=engagement.officer)
    page(browser, "tender_copy", source.pk)
    answer = browser.post(reverse("tender_copy", args=[source.pk]), {"engagement": target.pk})
    copy = Tender.objects.get(copied_from=source)
    assert answer.url == reverse("tender_edit", args=[copy.pk])


def test_a_double_click_copies_once(browser, engagement):
    source = a_sent_tender(engagement=engagement)
    address = reverse("tender_copy", args=[source.pk])
    key = browser.get(address).context["form"]["key"].value()
    for _ in range(2):
        answer = browser.post(address, {"engagement": engagement.pk, "key": key})
    assert answer.url == reverse("tender_edit", args=[source.copies.get().pk])
