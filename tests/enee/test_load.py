"""The sample export, loaded: every row ends once, every fault where it must, twice is once."""

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from wagtail.search.models import IndexEntry

from etl.enee.extract import open_export
from etl.enee.load import load
from etl.enee.mapping import columns
from etl.enee.models import Finding, Run, SourceRow
from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Contact, Establishment, LegacyValue, Officer, Organisation
from ilo_cms.engagements.models import Assignment, Engagement, StageEntry
from ilo_cms.referentials.models import Skill


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded")]


def reasons(kind: str, fault: dict) -> list[str]:
    """Why the rows of one fault were rejected or lost a value."""
    findings = Finding.objects.filter(
        kind=kind, file=fault["file"].removesuffix(".csv"), line__in=fault["lines"]
    )
    return list(findings.values_list("reason", flat=True))


def contents() -> dict[str, list]:
    """Every row of the directory and of the work, to compare two moments."""
    models = [*apps.get_app_config("directory").get_models(include_auto_created=True)]
    models += apps.get_app_config("engagements").get_models(include_auto_created=True)
    return {
        model._meta.label: sorted(map(repr, model.objects.values_list()))
        for model in [*models, User]
    }


def test_every_row_ends_once_and_the_totals_balance(loaded):
    for name, figure in loaded.figures.items():
        assert figure["source"] == figure["loaded"] + figure["merged"] + figure["rejected"], name
        assert SourceRow.objects.filter(file=name).count() == figure["source"]
    lines = SourceRow.objects.values_list("file", "line")
    assert len(set(lines)) == len(lines) == sum(f["source"] for f in loaded.figures.values())


def test_loaded_rows_are_there(loaded):
    for file, model in {
        "prestataires": Organisation, "etablissements": Establishment, "intervenants": Contact,
        "accompagnements": Engagement, "prestations": Assignment, "charges_mission": Officer,
    }.items():  # fmt: skip
        targets = set(SourceRow.objects.filter(file=file, outcome="loaded").values_list("target"))
        assert len(targets) == loaded.figures[file]["loaded"]
        assert targets <= set(model.objects.values_list("pk"))


def test_references_hold_and_required_values_are_there():
    connection.check_constraints()


def test_every_deliberate_fault_ends_where_it_must(faults):
    for fault in faults:
        ends = SourceRow.objects.filter(
            file=fault["file"].removesuffix(".csv"), line__in=fault["lines"]
        )
        assert ends.count() == fault["count"], fault["fault"]
        assert set(ends.values_list("outcome", flat=True)) == {fault["outcome"]}, fault["fault"]


def test_only_the_deliberate_faults_are_rejected_or_merged(loaded, faults):
    for outcome in ["rejected", "merged"]:
        put = sum(fault["count"] for fault in faults if fault["outcome"] == outcome)
        assert put == sum(figure[outcome] for figure in loaded.figures.values())


def test_a_rejected_row_says_where_and_why():
    rejected = Finding.objects.filter(kind="rejected")
    assert rejected.count() == SourceRow.objects.filter(outcome="rejected").count()
    assert not rejected.filter(reason="").exists()
    orphan = rejected.filter(file="prestations", column="ID_ACCOMPAGNEMENT").first()
    assert orphan.value in {"990005", "990006"}
    assert orphan.reason == "no loaded row of accompagnements has this identifier"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("siren_false_key", "the check digit of this SIREN is wrong"),
        ("siret_scientific", "scientific notation: the last digits are lost"),
        ("phone_unreadable", "not a phone number"),
        ("email_generic", "generic address: it belongs to nobody"),
        ("email_unreadable", "not an email address"),
        ("two_people_one_address", "this address already belongs to another name"),
        ("amount_unreadable", "not an amount"),
        ("amount_negative", "a negative amount"),
        ("end_before_start", "the end comes before the start"),
        ("impossible_date", "this day does not exist"),
    ],
)
def test_a_value_that_cannot_be_read_is_kept_aside_with_its_reason(faults, name, reason):
    for fault in faults:
        if fault["fault"] == name:
            assert reasons("kept", fault).count(reason) == fault["count"]


def test_lost_zeros_come_back(faults):
    for fault in faults:
        if fault["fault"] in {"siren_lost_zeros", "siren_with_spaces_or_dots"}:
            rows = SourceRow.objects.filter(file="prestataires", line__in=fault["lines"])
            found = Organisation.objects.filter(
                pk__in=rows.values("target"), siren__startswith="000"
            )
            assert found.count() == fault["count"]


def test_near_equal_names_are_proposed_and_not_merged(faults):
    near = next(fault for fault in faults if fault["fault"] == "near_equal_name")
    assert len(reasons("proposed", near)) == near["count"]
    assert Finding.objects.filter(kind="proposed").count() == near["count"]


def test_one_siren_is_one_organisation_with_all_its_roles():
    both = Organisation.objects.filter(is_provider=True, is_beneficiary=True)
    assert both.count() == 5


def test_the_people_of_the_demonstration_are_there():
    marina = User.objects.get(email="marina@conseil-sol.example")
    left, current = marina.contacts.order_by("organisation__name")
    assert (left.organisation.name, left.ended_on) == ("Atelier Rhizome", date(2019, 8, 31))
    assert (current.organisation.name, current.ended_on) == ("Conseil Sol", None)
    assert current.has_access and not marina.has_usable_password()
    claire = Officer.objects.get(user__email="claire@dla-rhone.example")
    assert claire.operator.name == "DLA du Rhône"
    assert list(claire.operator.operated_territories.values_list("code", flat=True)) == ["69"]
    assert current.organisation.referent == claire
    assert Organisation.objects.get(name="Coop Atout").is_cae
    jeanne = Contact.objects.get(user__email="jeanne@jardins-partages.example")
    assert jeanne.organisation.is_beneficiary


def test_contacts_without_a_personal_address_have_no_access(faults):
    for fault in faults:
        if fault["fault"] in {"email_generic", "email_missing", "email_unreadable"}:
            rows = SourceRow.objects.filter(file="intervenants", line__in=fault["lines"])
            contacts = Contact.objects.filter(pk__in=rows.values("target"))
            assert not contacts.filter(has_access=True).exists()
            assert not contacts.exclude(user__email=None).exists()


def test_the_second_phone_is_the_other_phone(faults):
    fault = next(fault for fault in faults if fault["fault"] == "two_phones")
    rows = SourceRow.objects.filter(file="intervenants", line__in=fault["lines"])
    contacts = Contact.objects.filter(pk__in=rows.values("target"))
    assert contacts.exclude(other_phone="").count() == fault["count"]


def test_a_value_without_equivalent_is_kept_with_its_old_label():
    divers = LegacyValue.objects.filter(kind="skill", code="T40", contact=None)
    assert set(divers.values_list("label", flat=True)) == {"Divers"}
    assert LegacyValue.objects.filter(kind="identifier", code="SIREN").count() == 8


def test_an_uncertain_equivalent_is_not_taken(export):
    lines = [row for row in open_export(export, columns())["providers"].rows() if row]
    only_proposed = [row["key"] for row in lines if row["skills"] == "T34"]
    targets = SourceRow.objects.filter(file="prestataires", key__in=only_proposed).values("target")
    assert targets
    assert not Skill.objects.filter(organisation__in=targets).exists()


def test_an_old_region_is_its_departements():
    rhizome = Organisation.objects.get(name="Atelier Rhizome")
    codes = set(rhizome.territories.values_list("code", flat=True))
    assert codes == {"01", "07", "26", "38", "42", "69", "73", "74"}


def test_stages_are_dated_and_in_order():
    for engagement in Engagement.objects.prefetch_related("stage_entries")[:50]:
        days = [entry.entered_on for entry in engagement.stage_entries.order_by("rank")]
        assert days[0] == engagement.opened_on
        assert days == sorted(days)


def test_values_remember_where_they_come_from():
    sol = Organisation.objects.get(name="Conseil Sol")
    assert sol.origins["siren"] == sol.origins["name"] == sol.origins["skills"] == "enee"
    assert "acronym" not in sol.origins


def test_amounts_are_exact():
    assert Assignment.objects.filter(amount=Decimal("5400.00")).exists()
    assert not Assignment.objects.filter(amount__lt=0).exists()


def test_a_second_load_changes_nothing(loaded, export):
    before, findings = contents(), sorted(Finding.objects.values_list("file", "line", "reason"))
    again = load(export)
    assert again.figures == loaded.figures
    assert contents() == before
    assert sorted(Finding.objects.values_list("file", "line", "reason")) == findings


def test_a_second_load_leaves_alone_what_people_changed(loaded, export):
    sol = Organisation.objects.get(name="Conseil Sol")
    sol.skills.clear()
    sol.name = "Conseil Sol et Ciel"
    sol.save()
    LegacyValue.objects.all().delete()
    StageEntry.objects.all().delete()
    load(export)
    sol.refresh_from_db()
    assert sol.name == "Conseil Sol et Ciel"
    assert not sol.skills.exists()
    assert not LegacyValue.objects.exists()
    assert not StageEntry.objects.exists()


def test_a_load_is_one_act_of_the_log_and_sends_nothing(loaded):
    assert AuditEvent.objects.filter(action="enee.loaded").count() == 1
    assert Run.objects.count() == 1
    assert not mail.outbox


def test_the_new_rows_are_in_the_search_index():
    rhizome = Organisation.objects.get(name="Atelier Rhizome")
    assert IndexEntry.objects.filter(object_id=str(rhizome.pk)).exists()


def test_a_load_killed_before_indexing_is_completed_by_the_next(export):
    organisation = Organisation.objects.order_by("pk").first()
    entries = IndexEntry.objects.filter(object_id=str(organisation.pk))
    entries.delete()
    load(export)
    assert entries.exists()
