"""Applying the stock: what is written, what is kept, what is said; a second run writes nothing."""

import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from etl.insee.apply import apply_stock
from etl.insee.stock import StockError
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Establishment, Organisation
from ilo_cms.referentials.models import NafCode
from tests.factories import EstablishmentFactory, OrganisationFactory
from tests.insee.conftest import PERSON, PLACE, SEAT, SIREN, UNIT


@pytest.fixture
def organisation(lists):
    """A migrated record that INSEE has not spoken of yet."""
    return OrganisationFactory(
        siren=SIREN, name="Conseil sol", origins={"name": "enee"}, head_office_nic="",
        insee_synced_at=None,
    )  # fmt: skip


def test_the_record_takes_the_values_of_the_register(organisation, stock):
    summary = apply_stock(stock())
    organisation.refresh_from_db()
    assert organisation.insee["name"] == "CONSEIL SOL"
    assert organisation.name == "Conseil sol"  # the same words: our spelling reads better
    assert (organisation.acronym, organisation.head_office_nic) == ("CS", SEAT)
    assert (organisation.naf.code, organisation.legal_form.code) == ("70.22Z", "9220")
    assert organisation.headcount_band.code == "01"
    assert organisation.insee_synced_at
    assert organisation.origins["name"] == organisation.origins["naf"] == "insee"
    assert organisation.insee["naf"] == "70.22Z"
    assert (summary.found, summary.updated, summary.unknown) == (1, 1, 0)


def test_a_name_that_says_something_else_is_taken(organisation, stock):
    organisation.name = "Ancien nom"
    organisation.save()
    apply_stock(stock())
    organisation.refresh_from_db()
    assert organisation.name == "CONSEIL SOL"


def test_the_head_office_is_created_with_its_address(organisation, stock, lists):
    summary = apply_stock(stock())
    place = Establishment.objects.get(organisation=organisation)
    assert place.siret == SIREN + SEAT
    assert place.address == "4 B RUE DES LILAS, 69002 LYON 2EME"
    assert (place.name, place.city_code, place.department) == ("ATELIER SOL", "69382", lists)
    assert place.is_active and summary.establishments_created == 1


def test_other_places_are_updated_but_not_created(organisation, stock):
    ours = EstablishmentFactory(organisation=organisation, nic="00020", city="Ancienne")
    closed = PLACE | {"nic": "00020", "etatAdministratifEtablissement": "F"}
    apply_stock(stock(places=[PLACE, closed, PLACE | {"nic": "00038"}]))
    ours.refresh_from_db()
    assert (ours.city, ours.is_active) == ("LYON 2EME", False)
    assert sorted(organisation.establishments.values_list("nic", flat=True)) == [SEAT, "00020"]


@pytest.mark.parametrize("origin", ["officer", "provider"])
def test_what_was_settled_by_hand_stays(organisation, stock, origin):
    other = NafCode.objects.create(code="85.59A", label="Formation", revision="rev2")
    organisation.name, organisation.naf = "Conseil Sol SCOP", other
    organisation.origins = {"name": origin, "naf": origin}
    organisation.save()
    summary = apply_stock(stock())
    organisation.refresh_from_db()
    assert (organisation.name, organisation.naf) == ("Conseil Sol SCOP", other)
    assert (organisation.insee["name"], organisation.insee["naf"]) == ("CONSEIL SOL", "70.22Z")
    assert organisation.origins["name"] == origin and summary.values_kept == 2
    assert organisation.acronym == "CS"


def test_an_address_settled_by_hand_stays(organisation, stock):
    place = EstablishmentFactory(
        organisation=organisation, nic=SEAT, city="Lyon", origins={"city": "officer"}
    )
    apply_stock(stock())
    place.refresh_from_db()
    assert (place.city, place.insee["city"]) == ("Lyon", "LYON 2EME")
    assert place.address_line == "4 B RUE DES LILAS"


def test_a_second_run_writes_nothing(organisation, stock):
    folder = stock()
    apply_stock(folder)
    before = list(Organisation.objects.values()), list(Establishment.objects.values())
    summary = apply_stock(folder)
    assert (list(Organisation.objects.values()), list(Establishment.objects.values())) == before
    assert (summary.updated, summary.unchanged, summary.establishments_updated) == (0, 1, 0)


def test_a_later_stock_changes_what_insee_gave(organisation, stock):
    apply_stock(stock())
    apply_stock(stock(units=[UNIT | {"denominationUniteLegale": "SOL", "sigleUniteLegale": ""}]))
    organisation.refresh_from_db()
    assert (organisation.name, organisation.acronym) == ("SOL", "")


def test_a_register_that_says_nothing_does_not_erase_what_came_from_elsewhere(organisation, stock):
    organisation.acronym, organisation.origins = "ACS", {"acronym": "enee"}
    organisation.save()
    apply_stock(stock(units=[UNIT | {"sigleUniteLegale": ""}]))
    organisation.refresh_from_db()
    assert organisation.acronym == "ACS"


def test_closed_and_restricted_units_are_marked_and_nothing_hidden_is_stored(organisation, stock):
    hidden = PERSON | dict.fromkeys(
        ["prenom1UniteLegale", "prenomUsuelUniteLegale", "nomUniteLegale", "nomUsageUniteLegale",
         "sigleUniteLegale", "denominationUsuelle1UniteLegale"], "[ND]",
    ) | {"statutDiffusionUniteLegale": "P", "etatAdministratifUniteLegale": "C"}  # fmt: skip
    masked = PLACE | {"libelleVoieEtablissement": "[ND]", "codePostalEtablissement": "[ND]"}
    summary = apply_stock(stock(units=[hidden], places=[masked]))
    organisation.refresh_from_db()
    assert organisation.insee_closed and organisation.insee_restricted
    assert (summary.closed, summary.restricted) == (1, 1)
    assert organisation.name == "Conseil sol"
    stored = str([*Organisation.objects.values(), *Establishment.objects.values()])
    assert "[ND]" not in stored


def test_a_reopened_unit_is_no_longer_closed(organisation, stock):
    apply_stock(stock(units=[UNIT | {"etatAdministratifUniteLegale": "C"}]))
    apply_stock(stock())
    organisation.refresh_from_db()
    assert not organisation.insee_closed


def test_a_code_of_no_list_changes_nothing(organisation, stock):
    apply_stock(stock())
    apply_stock(stock(units=[UNIT | {"categorieJuridiqueUniteLegale": "8888"}]))
    organisation.refresh_from_db()
    assert organisation.legal_form.code == "9220"
    assert organisation.insee["legal_form"] == "8888"


def test_a_siren_that_the_register_does_not_know_is_counted_and_left_alone(organisation, stock):
    summary = apply_stock(stock(units=[], places=[]))
    organisation.refresh_from_db()
    assert (summary.wanted, summary.found, summary.unknown) == (1, 0, 1)
    assert organisation.awaits_insee and organisation.name == "Conseil sol"


def test_other_units_of_the_stock_are_not_taken(organisation, stock):
    others = [UNIT | {"siren": f"00099900{n}"} for n in range(5)]
    assert apply_stock(stock(units=[*others, UNIT])).found == 1
    assert Organisation.objects.count() == 1


def test_the_stock_is_read_inside_its_zip(organisation, stock):
    assert apply_stock(stock(packed=True)).found == 1


def test_the_run_is_logged_once_with_its_figures(organisation, stock):
    apply_stock(stock())
    detail = AuditEvent.objects.get(action="insee.applied").detail.content
    assert (detail["found"], detail["updated"], detail["actor"]) == (1, 1, "")


def test_batches_cover_everyone(lists, stock, monkeypatch):
    monkeypatch.setattr("etl.insee.apply.BATCH", 2)
    organisations = OrganisationFactory.create_batch(5)
    units = [UNIT | {"siren": organisation.siren} for organisation in organisations]
    assert apply_stock(stock(units=units, places=[])).updated == 5


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "StockUniteLegale_utf8.csv").unlink(),
         "neither StockUniteLegale_utf8.csv nor StockUniteLegale_utf8.zip"),
        (lambda folder: rewrite(folder, "nicSiegeUniteLegale", "nicDuSiege"),
         "StockUniteLegale_utf8.csv: column nicSiegeUniteLegale is missing"),
        (lambda folder: rewrite(folder, "siren,statutDiffusionUniteLegale",
                                "statutDiffusionUniteLegale,siren"), "first column must be"),
        (lambda folder: rewrite(folder, ",CONSEIL SOL", ""), "cells, the header"),
        (lambda folder: rewrite(folder, "CONSEIL SOL", '"CONSEIL SOL'), "is damaged"),
        (lambda folder: pack_garbage(folder), "StockUniteLegale_utf8.zip: cannot read"),
        (lambda folder: pack_encrypted(folder), "cannot read StockUniteLegale.*encrypted"),
        (lambda folder: to_utf_16(folder), "StockUniteLegale_utf8.csv: it is not written in UTF-8"),
    ],
)  # fmt: skip
def test_a_bad_stock_is_named_and_nothing_is_written(organisation, stock, damage, message):
    folder = stock()
    damage(folder)
    with pytest.raises(StockError, match=message):
        apply_stock(folder)
    organisation.refresh_from_db()
    assert organisation.name == "Conseil sol"
    assert not AuditEvent.objects.filter(action="insee.applied").exists()


def rewrite(folder, old, new):
    """Damage the file of legal units."""
    path = folder / "StockUniteLegale_utf8.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


def pack_garbage(folder):
    """A .zip that is none."""
    (folder / "StockUniteLegale_utf8.csv").unlink()
    (folder / "StockUniteLegale_utf8.zip").write_bytes(b"not a zip" * 50)


def pack_encrypted(folder):
    """A .zip whose file asks for a password: the bit that says so, in both of its headers."""
    path = folder / "StockUniteLegale_utf8.csv"
    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, path.name)
    path.unlink()
    data = bytearray(packed.read_bytes())
    for mark, flags in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)]:
        data[data.index(mark) + flags] |= 1
    packed.write_bytes(data)


def to_utf_16(folder):
    """A file saved again by a spreadsheet."""
    path = folder / "StockUniteLegale_utf8.csv"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")


def test_the_command_says_what_it_did(organisation, stock):
    out = StringIO()
    call_command("insee", "apply", "--stock", stock(), stdout=out)
    assert "1 SIREN, 1 found: 1 updated" in out.getvalue()
    with pytest.raises(CommandError, match="Nothing applied: .*neither"):
        call_command("insee", "apply", "--stock", "/nowhere")


def test_the_sample_stock_is_applied_whole(lists):
    folder = Path(settings.FIXTURES) / "insee"
    if not (folder / "StockUniteLegale_utf8.csv").exists():
        pytest.skip("the sample stock is not there yet")
    lines = (folder / "StockUniteLegale_utf8.csv").read_text(encoding="utf-8").splitlines()[1:60]
    for line in lines:
        OrganisationFactory(siren=line[:9])
    summary = apply_stock(folder)
    assert (summary.found, summary.unknown) == (len(lines), 0)
    assert summary.establishments_created == len(lines)
    assert apply_stock(folder).updated == 0
