"""Where officers find tenders: the list, the engagement, the desk; and templates."""

import pytest
from django.urls import reverse

from ilo_cms.tenders.models import Question
from tests.factories import ContactFactory
from tests.helpers.intranet import an_administrator, as_
from tests.tenders.drafts import a_draft, a_sent_tender, pass_deadlines
from tests.tenders.intranet.asking import page


pytestmark = pytest.mark.django_db


def test_the_list_filters_by_phase(browser, engagement):
    draft = a_draft(engagement, title="En préparation donc")
    sent = a_sent_tender(engagement=engagement, title="Envoyée donc")
    listed = page(browser, "tender:index")
    assert draft.title in listed and sent.title in listed
    assert reverse("tender_page", args=[sent.pk]) in listed
    only = page(browser, "tender:index", phase="participation")
    assert sent.title in only and draft.title not in only


@pytest.mark.parametrize("count", [2, 20])
def test_the_list_costs_the_same_whatever_its_length(
    browser, engagement, count, django_assert_max_num_queries
):
    for _ in range(count):
        a_sent_tender(engagement=engagement)
    page(browser, "tender:index")
    with django_assert_max_num_queries(25):
        page(browser, "tender:index")


def test_the_engagement_shows_its_tenders(browser, engagement):
    tender = a_sent_tender(engagement=engagement)
    text = page(browser, "engagement_page", engagement.pk)
    assert reverse("tender_page", args=[tender.pk]) in text
    assert reverse("tender_create", args=[engagement.pk]) in text


def test_administrators_write_templates_and_officers_read_them(browser, officer):
    administrator = as_(an_administrator())
    add = reverse("tendertemplate:add")
    assert administrator.get(add).status_code == 200
    assert browser.get(add).status_code == 302
    page(browser, "tendertemplate:index")


def test_the_desk_counts_what_waits_and_leads_there(browser, engagement):
    waiting = pass_deadlines(a_sent_tender(engagement=engagement), deposits=True)
    contact = ContactFactory()
    asked = a_sent_tender(contact.organisation, engagement=engagement, title="Avec question")
    Question.objects.create(
        tender=asked, invitation=asked.invitations.get(), asked_by=contact, text="?"
    )
    a_sent_tender(engagement=engagement, title="Rien à faire")
    home = page(browser, "wagtailadmin_home")
    assert "mise en concurrence dont les offres sont à ouvrir" in home
    assert "mise en concurrence où une question attend une réponse" in home
    assert "dont la décision est à prendre" not in home
    listed = page(browser, "tender:index", mine="true", phase="ouverture")
    assert reverse("tender_page", args=[waiting.pk]) in listed
    listed = page(browser, "tender:index", mine="true", questions="true")
    assert "Avec question" in listed and "Rien à faire" not in listed
