"""The intranet's pages of tenders: list, form, recipients, pre-flight, hub, acts (SPEC T1–T4)."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from ilo_cms.documents.models import Document
from ilo_cms.tenders.calls import criteria_of
from ilo_cms.tenders.models import (
    Channel,
    Deposit,
    DepositKind,
    Invitation,
    Offer,
    Question,
    TemplateCriterion,
    Tender,
    TenderTemplate,
)
from ilo_cms.tenders.rules import Weighted
from tests.documents.conftest import store, types  # noqa: F401
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    EngagementFactory,
    OfficerFactory,
    OrganisationFactory,
)
from tests.helpers import files
from tests.helpers.intranet import an_administrator, an_officer, as_, open_intranet
from tests.tenders.drafts import (
    a_draft,
    a_sent_tender,
    accept,
    again,
    boss,
    choose,
    in_days,
    pass_deadlines,
    theme,
)


pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(wired):
    return an_officer()


@pytest.fixture
def engagement(officer):
    return EngagementFactory(officer=officer.officer)


@pytest.fixture
def browser(officer):
    return as_(officer)


def page(client, name, *keys, status=200, **get) -> str:
    answer = client.get(reverse(name, args=keys), get)
    assert answer.status_code == status, answer.headers
    return answer.content.decode()


#: Later than any deadline that these tests make, and not too far ahead.
NEXT_YEAR = timezone.localdate() + timedelta(days=365)
NEED = {"blocks": [{"text": "Clarifier les rôles.", "type": "unstyled"}], "entityMap": {}}


#: What the form of a tender with two criteria says of them.
SHOWN = {"criteria-INITIAL_FORMS": "2"}


def said(**values) -> dict:
    """What the form of a tender posts."""
    moments = {
        "participation_deadline": in_days(7),
        "deposit_deadline": in_days(14),
    }
    data = {
        "key": str(uuid4()),
        "seen": "0",
        "title": "Diagnostic de gouvernance",
        "need": json.dumps(NEED),
        "themes": [str(theme().pk)],
        "budget": "1 250,50",
        "criteria-TOTAL_FORMS": "2",
        "criteria-INITIAL_FORMS": "0",
        "criteria-0-label": "Méthode",
        "criteria-0-weight": "60",
        "criteria-1-label": "Prix",
        "criteria-1-weight": "40",
    }
    for name, moment in moments.items():
        local = timezone.localtime(moment)
        data[f"{name}_day"], data[f"{name}_hour"] = f"{local:%Y-%m-%d}", "12:00"
    return data | values


# --- preparing --------------------------------------------------------------------------------


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


# --- recipients -------------------------------------------------------------------------------


def test_suggestions_say_why_and_what_was_asked_before(browser, engagement):
    contact = ContactFactory(organisation__name="Conseil Sol")
    contact.organisation.skills.add(theme())
    ContactFactory(organisation__name="Sans thème")
    a_sent_tender(contact.organisation)
    text = page(browser, "tender_recipients", a_draft(engagement).pk)
    assert "Thématique : Gouvernance" in text
    assert "Sollicitée 1 fois" in text and "0&nbsp;%" in text
    assert "Sans thème" not in text


def test_without_territory_none_is_chosen_and_their_kinds_have_headings(browser, engagement):
    tender = a_draft(engagement, territory=None)
    for name in ("tender_recipients", "tender_edit"):
        page = browser.get(reverse(name, args=[tender.pk])).content.decode()
        choices = re.search(r'<select name="territory".*?</select>', page, re.DOTALL)[0]
        assert re.findall(r'value="([^"]*)"[^>]* selected', choices) in ([], [""])
        assert choices.index('value=""') < choices.index("optgroup")
        assert re.findall(r'optgroup label="(.*?)"', choices) == ["Régions", "Départements"]


def test_anyone_is_found_by_name_or_siren_but_not_the_inactive(browser, engagement):
    tender = a_draft(engagement)
    organisation = OrganisationFactory(name="Atelier du Vent")
    sleeping = OrganisationFactory(name="Vent debout", inactive=True)
    siren = f"{organisation.siren[:3]} {organisation.siren[3:6]} {organisation.siren[6:]}"
    for text in ("atelier", siren):
        found = page(browser, "tender_recipients", tender.pk, cherche=1, autre=text)
        assert f'value="{organisation.pk}"' in found
    found = page(browser, "tender_recipients", tender.pk, cherche=1, autre="debout")
    assert "est inactive" in found
    assert f'value="{sleeping.pk}"' not in found


def test_those_ticked_are_added_with_the_reason_then_removed(browser, engagement):
    tender, organisation = a_draft(engagement), OrganisationFactory()
    address = reverse("tender_recipients", args=[tender.pk])
    data = {"organisation": str(organisation.pk), f"because_{organisation.pk}": "Parce que."}
    assert browser.post(address, data).status_code == 302
    invitation = Invitation.objects.get()
    assert invitation.chosen_because == "Parce que."
    assert organisation.name in page(browser, "tender_recipients", tender.pk)
    browser.post(reverse("tender_take_off", args=[invitation.pk]))
    assert not Invitation.objects.exists()


def test_nothing_or_an_inactive_organisation_is_not_added(browser, engagement):
    tender = a_draft(engagement)
    address = reverse("tender_recipients", args=[tender.pk])
    sleeping = OrganisationFactory(inactive=True)
    for data in ({}, {"organisation": "x"}, {"organisation": str(sleeping.pk)}):
        assert browser.post(address, data).status_code == 422
    assert not Invitation.objects.exists()


def test_more_are_invited_after_a_look_at_who_gets_what(browser, engagement):
    tender, contact = a_sent_tender(engagement=engagement), ContactFactory()
    address = reverse("tender_recipients", args=[tender.pk])
    data = {"organisation": str(contact.organisation_id), "seen": str(again(tender).revision)}
    answer = browser.post(address, data)
    assert contact.user.email in answer.content.decode()
    assert tender.invitations.count() == 1
    assert browser.post(address, data | {"confirmed": "1"}).status_code == 302
    assert tender.invitations.count() == 2


@pytest.mark.parametrize("count", [2, 20])
def test_suggestions_cost_the_same_whatever_their_number(
    browser, engagement, count, django_assert_max_num_queries
):
    tender = a_draft(engagement)
    for _ in range(count):
        contact = ContactFactory()
        contact.organisation.skills.add(theme())
        choose(tender, contact.organisation)
    page(browser, "tender_recipients", tender.pk)
    with django_assert_max_num_queries(33):
        text = page(browser, "tender_recipients", tender.pk)
    assert f"{count} prestataires suggérés" in text


# --- sending ----------------------------------------------------------------------------------


def test_the_page_before_sending_shows_all_and_sends(browser, engagement):
    tender, contact = a_draft(engagement, budget=5000), ContactFactory()
    text = page(browser, "tender_publish", tender.pk)
    assert "au moins un prestataire" in text
    assert "Diffuser maintenant" not in text
    choose(tender, contact.organisation)
    text = page(browser, "tender_publish", tender.pk)
    assert contact.user.email in text
    assert "1 personne de 1 structure" in text
    assert "Budget" not in text  # it is not shown to providers
    answer = browser.post(reverse("tender_publish", args=[tender.pk]), {"seen": "0"})
    assert answer.status_code == 302
    assert again(tender).published_at
    assert browser.get(reverse("tender_publish", args=[tender.pk])).status_code == 302


def test_what_cannot_be_sent_is_said(browser, engagement):
    tender = a_draft(engagement)
    address = reverse("tender_publish", args=[tender.pk])
    assert browser.post(address, {"seen": "0"}).status_code == 422
    choose(tender, ContactFactory().organisation)
    assert browser.post(address, {"seen": "7"}).status_code == 409


# --- the hub ----------------------------------------------------------------------------------


def test_the_page_says_where_it_stands_and_offers_what_is_possible(browser, engagement):
    tender = a_draft(engagement)
    text = page(browser, "tender_page", tender.pk)
    assert re.findall(r'class="button button-small" href="[^"]*">(.*?)<', text) == ["Destinataires"]
    assert "Vérifier et diffuser" in text and "Déplacer les échéances" not in text
    tender = a_sent_tender(engagement=engagement)
    text = page(browser, "tender_page", tender.pk)
    assert "Déplacer les échéances" in text
    assert "0 réponse sur 1" in text
    assert "Clore les réponses" not in text
    silent = tender.invitations.get().organisation
    type(silent).objects.filter(pk=silent.pk).update(is_active=False)
    assert "Clore les réponses" in page(browser, "tender_page", tender.pk)
    accept(tender)
    assert "Clore les réponses" in page(browser, "tender_page", tender.pk)
    pass_deadlines(tender)
    text = page(browser, "tender_page", tender.pk)
    assert "0 offre déposée" in text
    assert "Solliciter d’autres" not in text
    pass_deadlines(tender, deposits=True)
    text = page(browser, "tender_page", tender.pk)
    assert "Tout s’ouvre ensemble" in text
    assert "Modifier la demande" not in text


def test_officers_see_how_many_offers_and_nothing_of_them(browser, engagement):
    contacts = [ContactFactory() for _ in range(3)]
    tender = a_sent_tender(*(each.organisation for each in contacts), engagement=engagement)
    accept(tender)
    pass_deadlines(tender)
    for contact in contacts[:2]:
        invitation = tender.invitations.get(organisation=contact.organisation)
        offer = Offer.objects.create(invitation=invitation, price=4321, message="Canari")
        Deposit.objects.create(
            key=uuid4(),
            offer=offer,
            number=1,
            kind=DepositKind.DEPOSITED,
            at=timezone.now(),
            by=contact.user,
            channel=Channel.PLATFORM,
            requirements=1,
            digest="0" * 64,
        )
    text = page(browser, "tender_page", tender.pk)
    assert "2 offres déposées" in text
    assert "Canari" not in text and "4321" not in text and "4 321" not in text


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("annuler", {"reason": "Le besoin a disparu."}),
        ("echeances", {"message": "Des congés.", "deposit_deadline_day": str(NEXT_YEAR)}),
        ("clore-les-reponses", {}),
    ],
)
def test_acts_are_done_by_their_form(browser, engagement, act, data):
    tender = a_sent_tender(engagement=engagement)
    accept(tender)
    address = reverse("tender_act", args=[tender.pk, act])
    text = page(browser, "tender_act", tender.pk, act)
    fields = dict(re.findall(r'name="(\w+_(?:day|hour)|seen)" value="([^"]*)"', text))
    assert browser.post(address, fields | data).status_code == 302
    assert again(tender).revision == 2
    assert browser.post(address, fields | data).status_code in {409, 422}


def test_an_act_without_its_reason_or_out_of_time_is_refused(browser, engagement):
    tender = a_sent_tender(engagement=engagement)
    address = reverse("tender_act", args=[tender.pk, "annuler"])
    assert browser.post(address, {"seen": "1", "reason": ""}).status_code == 422
    assert page(browser, "tender_act", tender.pk, "inconnu", status=404)
    pass_deadlines(tender, deposits=True)
    address = reverse("tender_act", args=[tender.pk, "clore-les-reponses"])
    assert browser.get(address).status_code == 302
    assert browser.post(address, {"seen": "1"}).status_code == 409


def test_a_sent_tender_is_amended(browser, engagement):
    tender = a_sent_tender(engagement=engagement)
    text = page(browser, "tender_amend", tender.pk)
    assert "Tous les sollicités" in text
    data = said(seen="1", days="8", message="Deux jours de plus.", **SHOWN)
    data |= {"criteria-1-help_text": "Toutes taxes comprises"}
    assert browser.post(reverse("tender_amend", args=[tender.pk]), data).status_code == 302
    tender = again(tender)
    assert (tender.days, tender.requirements) == (8, 1)
    assert browser.post(reverse("tender_amend", args=[tender.pk]), data).status_code == 409


def test_a_question_is_answered(browser, engagement):
    contact = ContactFactory()
    tender = a_sent_tender(contact.organisation, engagement=engagement)
    question = Question.objects.create(
        tender=tender,
        invitation=tender.invitations.get(),
        asked_by=contact,
        text="Combien de salariés ?",
    )
    assert "Combien de salariés" in page(browser, "tender_page", tender.pk)
    address = reverse("tender_answer", args=[question.pk])
    assert contact.organisation.name in page(browser, "tender_answer", question.pk)
    assert browser.post(address, {"answer": " "}).status_code == 422
    assert browser.post(address, {"answer": "Douze."}).status_code == 302
    assert "Douze." in page(browser, "tender_page", tender.pk)
    assert browser.post(address, {"answer": "Treize."}).status_code == 409


def test_a_file_comes_with_the_tender_and_is_read_by_the_invited(
    browser,
    engagement,
    sign_in,
    store,  # noqa: F811
    types,  # noqa: F811
):
    contact, stranger = ContactFactory(), ContactFactory()
    tender = a_sent_tender(contact.organisation, engagement=engagement)
    data = {
        "seen": "1",
        "title_field": "Statuts",
        "file_type": types["livrable"].pk,
        "file": ContentFile(files.pdf(), name="statuts.pdf"),
    }
    address = reverse("tender_act", args=[tender.pk, "piece"])
    assert browser.post(address, data).status_code == 302
    document = Document.objects.get()
    assert "statuts.pdf" in page(browser, "tender_page", tender.pk)
    readable = Document.objects.visible_to(contact.user, contact)
    assert document in readable
    assert document not in Document.objects.visible_to(stranger.user, stranger)
    other = open_intranet(OfficerFactory().user)
    assert document not in Document.objects.visible_to(other)
    assert document in Document.objects.visible_to(boss(tender))
    withdraw = reverse("tender_take_back", args=[tender.attachments.get().pk])
    browser.post(withdraw, {"seen": "2"})
    assert document not in Document.objects.visible_to(contact.user, contact)


def test_a_draft_shows_its_file_to_nobody_but_the_team(
    browser,
    engagement,
    store,  # noqa: F811
    types,  # noqa: F811
):
    contact = ContactFactory()
    tender = a_draft(engagement)
    choose(tender, contact.organisation)
    data = {
        "seen": "0",
        "title_field": "Statuts",
        "file_type": types["livrable"].pk,
        "file": ContentFile(files.pdf(), name="statuts.pdf"),
    }
    assert browser.post(reverse("tender_act", args=[tender.pk, "piece"]), data).status_code == 302
    assert not Document.objects.visible_to(contact.user, contact).exists()


# --- rights -----------------------------------------------------------------------------------


def test_another_team_finds_nothing_and_administrators_read(browser, engagement):
    tender = a_sent_tender()
    contact_question = Question.objects.create(
        tender=tender,
        invitation=tender.invitations.get(),
        asked_by=ContactFactory(),
        text="?",
    )
    for name in ("tender_page", "tender_edit", "tender_publish", "tender_recipients"):
        page(browser, name, tender.pk, status=404)
    page(browser, "tender_answer", contact_question.pk, status=404)
    administrator = as_(an_administrator())
    text = page(administrator, "tender_page", tender.pk)
    assert "Seul·es les chargé·es" in text
    assert "Déplacer les échéances" not in text
    page(administrator, "tender_publish", tender.pk, status=302)


# --- the list ---------------------------------------------------------------------------------


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
