"""The history that contacts read: theirs and the organisation's, not their colleagues' (M6)."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.audit.services import record
from ilo_cms.directory.confirmation import confirm_record
from ilo_cms.directory.edits import edit_as_officer
from ilo_cms.directory.models import Contact
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record
from tests.factories import ContactFactory, DepartmentFactory, OfficerFactory
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db

HISTORY = "/mes-informations/historique/"


@pytest.fixture
def contact(wired):
    referent = OfficerFactory(operator__operated_territories=[DepartmentFactory()])
    return ContactFactory(
        organisation__name="Conseil Sol", organisation__referent=referent, phone="+33612345678"
    )


def save(contact, target=Target.ORGANISATION, **values):
    key = {Target.CONTACT: contact.pk, Target.ORGANISATION: contact.organisation_id}
    return save_record(contact=contact, target=target, record_id=key[target], values=values)


def test_who_did_what_when_and_the_values_before_and_after(sign_in, contact):
    save(contact, website="https://sol.example/", name="Conseil Sol SCOP")
    save(contact, Target.CONTACT, phone="+33699999999", last_name="Vasseur-Petit")
    edit_as_officer(
        record=contact.organisation,
        values={"is_cae": True},
        acting_user=contact.organisation.referent.user,
        organisation=contact.organisation,
    )
    confirm_record(contact=contact)
    page = sign_in(contact.user).get(HISTORY)
    for words in [
        "Structure modifiée",
        "Site internet : vide → https://sol.example/",
        "Demande de modération déposée",
        "Dénomination : Conseil Sol → Conseil Sol SCOP",
        f"Nom : {contact.user.last_name} → Vasseur-Petit",
        "Téléphone : 06 12 34 56 78 → 06 99 99 99 99",
        "Coopérative d’activités et d’emploi (CAE) : non → oui",
        "Informations confirmées à jour",
        str(contact.organisation.referent.user),
    ]:
        assert words in page.text


def test_colleagues_own_changes_stay_their_own(sign_in, contact):
    paul = ContactFactory(organisation=contact.organisation, user__last_name="Girard")
    save(paul, Target.CONTACT, presentation="Présentation secrète", last_name="Nom secret")
    save(paul, Target.CONTACT, email="secret@exemple.example", last_name="Nom secret")
    save(paul, acronym="SIGLE", name="Conseil Sol SCOP")
    record(
        "moderation.decided",
        actor=contact.organisation.referent.user,
        target=paul.change_requests.get(),
        organisation=contact.organisation,
        decision=["Nom : refusée (motif secret)"],
    )
    hers = sign_in(contact.user).get(HISTORY).text
    assert "secret" not in hers.lower()
    assert "Sigle : vide → SIGLE" in hers  # what a colleague does to the organisation
    assert "Dénomination : Conseil Sol → Conseil Sol SCOP" in hers
    his = sign_in(paul.user).get(HISTORY).text
    for words in ("Présentation secrète", "Nom secret", "secret@exemple.example", "motif secret"):
        assert words in his


def test_a_cancelled_change_of_address_is_read_by_its_owner_alone(sign_in, contact):
    save(contact, Target.CONTACT, email="neuve@exemple.example")
    record(
        "email.cancelled",
        actor=contact.user,
        target=contact.change_requests.get(),
        organisation=contact.organisation,
        email="neuve@exemple.example",
    )
    assert "Changement d’adresse annulé" in sign_in(contact.user).get(HISTORY).text
    colleague = ContactFactory(organisation=contact.organisation)
    assert "Changement d’adresse annulé" not in sign_in(colleague.user).get(HISTORY).text


def test_other_organisations_and_sign_ins_are_not_in_it(sign_in, contact):
    stranger = ContactFactory()
    save(stranger, acronym="AILLEURS")
    record("contact.chosen", actor=contact.user, target=contact, organisation=contact.organisation)
    page = sign_in(contact.user).get(HISTORY)
    assert "AILLEURS" not in page.text and "Structure choisie" not in page.text
    assert "Rien n’a encore changé" in page.text


def test_who_has_left_reads_up_to_that_day(sign_in, contact, time_machine):
    colleague = ContactFactory(organisation=contact.organisation)
    Contact.objects.filter(pk=contact.pk).update(ended_on=date(2026, 3, 31))
    for moment, acronym in [
        (datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC), "DERNIER"),  # 23:59:59 in Paris
        (datetime(2026, 3, 31, 22, 0, 0, tzinfo=UTC), "LENDEMAIN"),
    ]:
        time_machine.move_to(moment, tick=False)
        save(colleague, acronym=acronym)
    page = sign_in(contact.user).get(HISTORY)
    assert "vide → DERNIER" in page.text and "LENDEMAIN" not in page.text
    assert "l’historique s’arrête au jour de votre départ" in page.text
    assert "LENDEMAIN" in sign_in(colleague.user).get(HISTORY).text


def test_pages_of_twenty_in_constant_queries(sign_in, contact):
    colleague = ContactFactory(organisation=contact.organisation)
    client = sign_in(contact.user)
    counts = []
    for numbers in (range(2), range(2, 200)):
        for n in numbers:
            save(contact if n % 2 else colleague, website=f"https://sol.example/{n}", name=f"S{n}")
        client.get(HISTORY)
        with CaptureQueriesContext(connection) as queries:  # fmt: skip
            page = client.get(HISTORY)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert page.text.count("<tr>") == 21 and "page 1 sur" in page.text
    assert "https://sol.example/0" in client.get(HISTORY, {"page": 99}).text


def test_officers_read_the_same_words(contact):
    save(contact, website="https://sol.example/", name="Conseil Sol SCOP")
    page = as_(an_officer()).get(reverse("organisation:history", args=[contact.organisation_id]))
    assert "Site internet : vide → https://sol.example/" in page.text
    assert "Dénomination : Conseil Sol → Conseil Sol SCOP" in page.text
