"""The decision page: what it shows, what it costs, two officers at once (SPEC M3, M4, M6)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.desk.management.commands.setup_ilo import wire
from ilo_cms.directory.models import OfficerAbsence, Organisation
from ilo_cms.moderation import views
from ilo_cms.moderation.models import ChangeRequest, Target
from ilo_cms.referentials.models import Approval, Certification, LegalForm, NafCode, Opco
from tests.factories import (
    ContactFactory,
    DepartmentFactory,
    EstablishmentFactory,
    OfficerFactory,
    OrganisationFactory,
)
from tests.helpers.intranet import an_officer, as_
from tests.moderation.helpers import ask, at_once, decide_all, verdicts


@pytest.fixture
def user(wired):
    """The referent."""
    return an_officer(operator__operated_territories=[DepartmentFactory()])


@pytest.fixture
def contact(user):
    """Who asks, with a place in the Rhône."""
    return ContactFactory(
        organisation=OrganisationFactory(name="Conseil Sol", referent=user.officer)
    )


def url(request) -> str:
    """The decision page of a request."""
    return reverse("change_request_decide", args=[request.pk])


def reference(model, code, **fields):
    """A row of a reference list."""
    return model.objects.get_or_create(code=code, defaults={"label": f"Libellé {code}", **fields})[
        0
    ]


def everything(contact) -> ChangeRequest:
    """A request on sixteen fields of the three parts: every field moderated by default."""
    ask(contact, Target.CONTACT, last_name="Sol", first_name="Ines", email="ines@sol.example")
    ask(
        contact,
        Target.ESTABLISHMENT,
        contact.establishment,
        name="Siège",
        nic="00020",
        address_line="2 rue Neuve",
        address_complement="Bâtiment B",
        postcode="69003",
        city="Villeurbanne",
    )
    return ask(
        contact,
        name="Conseil Sol SCOP",
        head_office_nic="00020",
        naf=reference(NafCode, "85.59A", revision="rev2").pk,
        legal_form=reference(LegalForm, "5458", level=3).pk,
        opco=reference(Opco, "01").pk,
        approvals=[reference(Approval, "esus").pk, reference(Approval, "ess").pk],
        certifications=[reference(Certification, "qualiopi").pk],
    )


def queries(act) -> int:
    """How many statements an act makes."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


pytestmark = pytest.mark.django_db


def test_the_page_makes_few_queries_whatever_the_number_of_fields(user, contact):
    client = as_(user)
    small = ask(contact, name="Conseil Sol SCOP")
    client.get(url(small))
    few = queries(lambda: client.get(url(small)))
    large = everything(contact)
    assert large == small and large.items.count() == 16
    many = queries(lambda: client.get(url(large)))
    # Other kinds of values take one query per table, not per field: the contact, the place, five
    # reference lists.
    assert many <= few + 7
    assert many <= 25


def test_deciding_grows_by_what_it_writes(user, contact):
    client = as_(user)
    places = [EstablishmentFactory(organisation=contact.organisation) for _ in range(2)]
    fields = {"address_line": "2 rue Neuve", "postcode": "69003", "city": "Bron", "name": "Siège"}
    counts = []
    for place, names in zip(places, (["city"], list(fields)), strict=True):
        request = ask(
            contact, Target.ESTABLISHMENT, place, **{name: fields[name] for name in names}
        )
        posted = verdicts(request)
        counts.append(queries(lambda r=request, p=posted: client.post(url(r), p)))
        assert not ChangeRequest.objects.pending().exists()
    assert counts[0] == counts[1], "four fields of one row cost what one costs"


def test_four_values_stand_side_by_side(user, contact):
    organisation = contact.organisation
    organisation.insee = {"name": "CONSEIL SOL", "naf": "85.59A"}
    organisation.save()
    naf = reference(NafCode, "85.59A", revision="rev2")
    request = ask(contact, name="Conseil Sol SCOP", naf=naf.pk)
    Organisation.objects.filter(pk=organisation.pk).update(name="Autre nom")
    page = as_(user).get(url(request)).text
    for words in ("Autre nom", "Conseil Sol SCOP", "CONSEIL SOL", str(naf)):
        assert words in page
    assert "elle était «&nbsp;Conseil Sol&nbsp;»" in page


def test_the_page_leads_back_to_the_queue_and_on_to_the_history(user, contact):
    first = ask(contact, name="Conseil Sol SCOP")
    decide_all(first, user, approved=False, comment="Non.")
    second = ask(contact, name="Conseil Sol Coop")
    page = as_(user).get(url(second)).text
    assert reverse("wagtailsnippets_moderation_changerequest:list") in page
    assert reverse("organisation:history", args=[contact.organisation_id]) in page
    assert url(first) in page and "dénomination refusée" in page
    # The menu marks the entry whose address begins the page's.
    assert url(second).startswith(reverse("wagtailsnippets_moderation_changerequest:list"))


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_lost(user, contact):
    request = ask(contact, name="Conseil Sol SCOP", head_office_nic="00020")
    posted = verdicts(request, name="no")
    page = as_(user).post(url(request), posted)
    assert page.status_code == 422
    assert "Expliquez votre refus" in page.text
    assert ChangeRequest.objects.pending().get() == request


def test_a_value_that_moved_meanwhile_is_shown_anew(user, contact):
    request = ask(contact, name="Conseil Sol SCOP")
    posted = verdicts(request, answer="no", comment="Joignez vos statuts.")
    Organisation.objects.filter(pk=contact.organisation_id).update(name="Nom du registre")
    client = as_(user)
    page = client.post(url(request), posted)
    assert page.status_code == 409
    assert "a changé depuis l’ouverture" in page.text and "Nom du registre" in page.text
    assert "Joignez vos statuts." in page.text, "what was typed is kept"
    again = posted | {"fingerprint": page.context["form"]["fingerprint"].value()}
    assert client.post(url(request), again).status_code == 302


def test_the_second_of_two_officers_sees_the_first_ones_decision(user, contact):
    deputy = an_officer()
    OfficerAbsence.objects.create(
        officer=user.officer,
        starts_on=timezone.localdate(),
        ends_on=timezone.localdate(),
        deputy=deputy.officer,
    )
    request = ask(contact, name="Conseil Sol SCOP")
    slower = verdicts(request, answer="no", comment="Joignez vos statuts.")
    assert as_(deputy).post(url(request), verdicts(request)).status_code == 302
    page = as_(user).post(url(request), slower)
    assert page.status_code == 409
    assert "Votre décision n’est pas enregistrée" in page.text
    assert f"{deputy} a décidé avant vous" in page.text
    assert "acceptée" in page.text and "Refuser : « Joignez vos statuts. »" in page.text
    assert Organisation.objects.get(pk=contact.organisation_id).name == "Conseil Sol SCOP"


def test_a_decision_that_arrives_between_the_look_and_the_lock(user, contact, monkeypatch):
    request = ask(contact, name="Conseil Sol SCOP")
    posted = verdicts(request, answer="no", comment="Joignez vos statuts.")
    decide = views.decide

    def overtaken(**kwargs):
        decide_all(ChangeRequest.objects.get(pk=request.pk), user)
        return decide(**kwargs)

    monkeypatch.setattr(views, "decide", overtaken)
    page = as_(user).post(url(request), posted)
    assert page.status_code == 409
    assert "a décidé avant vous" in page.text and "Joignez vos statuts." in page.text


def test_taking_over_says_why_then_lets_decide(contact):
    colleague = an_officer(operator__operated_territories=[DepartmentFactory()])
    request = ask(contact, name="Conseil Sol SCOP")
    late = timezone.now() - timedelta(days=11)
    ChangeRequest.objects.filter(pk=request.pk).update(created_at=late)
    client = as_(colleague)
    page = client.get(url(request)).text
    assert "attend sans réponse depuis 11 jours" in page
    assert "Devenir référent·e" in page and "Enregistrer la décision" not in page
    took = client.post(reverse("change_request_referent", args=[request.pk]), follow=True)
    assert "Vous êtes référent·e de Conseil Sol" in took.text
    assert client.post(url(request), verdicts(request)).status_code == 302


def test_taking_over_too_late_is_said_in_words(contact):
    colleague = an_officer(operator__operated_territories=[DepartmentFactory()])
    request = ask(contact, name="Conseil Sol SCOP")
    took = as_(colleague).post(reverse("change_request_referent", args=[request.pk]), follow=True)
    assert "attend sa ou son référent·e" in took.text
    assert Organisation.objects.get(pk=contact.organisation_id).referent != colleague.officer


def test_the_log_says_that_a_deputy_decided(user, contact):
    deputy = OfficerFactory()
    today = timezone.localdate()
    OfficerAbsence.objects.create(
        officer=user.officer, starts_on=today, ends_on=today, deputy=deputy
    )
    request = ask(contact, name="Conseil Sol SCOP")
    decide_all(request, deputy.user)
    history = as_(user).get(reverse("organisation:history", args=[contact.organisation_id])).text
    assert f"Remplace {user.officer}" in history
    assert Organisation.objects.get(pk=contact.organisation_id).referent == user.officer
    with pytest.raises(PermissionDenied):
        decide_all(request, user)


@pytest.mark.django_db(transaction=True)
def test_two_officers_deciding_at_once_decide_once():
    wire()
    contact = ContactFactory(organisation=OrganisationFactory(referent=OfficerFactory()))
    user = contact.organisation.referent.user
    request = ask(contact, name="Conseil Sol SCOP")
    refusals = at_once(
        lambda: decide_all(request, user),
        lambda: decide_all(request, user, approved=False),
        PermissionDenied,
    )
    assert len(refusals) == 1 and "déjà traitée" in str(refusals[0])
    item = request.items.get()
    live = Organisation.objects.get(pk=contact.organisation_id).name
    assert (live == "Conseil Sol SCOP") == (item.verdict == "approved")
    assert AuditEvent.objects.filter(action="moderation.decided").count() == 1
