"""Which fields are moderated, as administrators choose (SPEC M1)."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Organisation
from ilo_cms.moderation.fields import FIELDS, moderated_fields
from ilo_cms.moderation.models import ChangeRequest, ModerationRule, Target
from ilo_cms.moderation.rules import rules, set_moderated
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory, UserFactory
from tests.helpers.intranet import an_administrator, as_
from tests.moderation.helpers import ask, decide_all


pytestmark = pytest.mark.django_db

URL = reverse("moderation_rules")


@pytest.fixture
def administrator():
    """Who may change the rules."""
    return UserFactory(administrator=True)


def toggle(user, field, is_moderated, target=Target.ORGANISATION):
    """One click."""
    set_moderated(target=target, field=field, is_moderated=is_moderated, acting_user=user)


def test_every_field_is_listed_with_its_state():
    shown = {(rule.target, rule.field) for fields in rules().values() for rule in fields}
    assert shown == {(target, name) for target, names in FIELDS.items() for name in names}
    assert all(not rule.is_exception for fields in rules().values() for rule in fields)


def test_one_click_departs_from_the_default_and_another_comes_back(administrator):
    toggle(administrator, "name", False)
    assert "name" not in moderated_fields(Target.ORGANISATION)
    toggle(administrator, "name", False)
    assert ModerationRule.objects.count() == 1
    toggle(administrator, "name", True)
    assert "name" in moderated_fields(Target.ORGANISATION)
    assert not ModerationRule.objects.exists(), "the default needs no row"
    words = [
        event.detail.content["after"]
        for event in AuditEvent.objects.filter(action="moderation.rule_changed").order_by("at")
    ]
    assert words == [
        "Structure, dénomination : publié aussitôt",
        "Structure, dénomination : relu avant publication",
    ]


def test_only_administrators_and_only_real_fields(administrator):
    with pytest.raises(PermissionDenied):
        toggle(OfficerFactory().user, "name", False)
    for target, field in ((Target.ORGANISATION, "siren"), ("nulle-part", "name")):
        with pytest.raises(ValidationError):
            toggle(administrator, field, True, target)
    assert not ModerationRule.objects.exists()


def test_the_address_that_signs_in_is_always_moderated(administrator):
    with pytest.raises(ValidationError, match="toujours relue"):
        toggle(administrator, "email", False, Target.CONTACT)
    ModerationRule.objects.create(target=Target.CONTACT, field="email", is_moderated=False)
    assert "email" in moderated_fields(Target.CONTACT)


def test_the_screen_toggles_and_says_what_is_an_exception():
    client = as_(an_administrator())
    posted = {"target": "organisation", "field": "website", "is_moderated": "1"}
    page = client.post(URL, posted, follow=True)
    assert "website" in moderated_fields(Target.ORGANISATION)
    assert page.text.count("exception") == 1
    assert client.post(URL, {"target": "x"}, follow=True).status_code == 200


def test_what_waits_stays_to_decide_when_its_field_becomes_free(wired, administrator):
    referent = OfficerFactory()
    contact = ContactFactory(organisation=OrganisationFactory(name="Sol", referent=referent))
    request = ask(contact, name="Sol SCOP")
    toggle(administrator, "name", False)
    assert ChangeRequest.objects.decidable_by(referent.user).get() == request
    decide_all(request, referent.user)
    assert Organisation.objects.get(pk=contact.organisation_id).name == "Sol SCOP"


def test_saving_a_freed_field_takes_it_out_of_the_request(wired, administrator):
    referent = OfficerFactory()
    contact = ContactFactory(organisation=OrganisationFactory(name="Sol", referent=referent))
    request = ask(contact, name="Sol SCOP", head_office_nic="00020")
    toggle(administrator, "name", False)
    assert ask(contact, name="Sol Coop") == request
    assert [item.field for item in request.items.all()] == ["head_office_nic"]
    assert Organisation.objects.get(pk=contact.organisation_id).name == "Sol Coop"
