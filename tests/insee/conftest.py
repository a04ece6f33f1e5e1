"""Hand-written stock files with INSEE's true columns, and the lists that their codes point to."""

import csv
import zipfile

import pytest

from etl.insee.stock_columns import ESTABLISHMENT_COLUMNS, UNIT_COLUMNS
from ilo_cms.referentials.models import HeadcountBand, LegalForm, NafCode
from tests.factories import DepartmentFactory


SIREN = "000123455"
SEAT = "00012"
UNIT = {
    "siren": SIREN,
    "statutDiffusionUniteLegale": "O",
    "etatAdministratifUniteLegale": "A",
    "denominationUniteLegale": "CONSEIL SOL",
    "sigleUniteLegale": "CS",
    "categorieJuridiqueUniteLegale": "9220",
    "activitePrincipaleUniteLegale": "70.22Z",
    "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
    "activitePrincipaleNAF25UniteLegale": "70.20Y",
    "nicSiegeUniteLegale": SEAT,
    "trancheEffectifsUniteLegale": "01",
}
PLACE = {
    "siren": SIREN,
    "nic": SEAT,
    "siret": SIREN + SEAT,
    "statutDiffusionEtablissement": "O",
    "etatAdministratifEtablissement": "A",
    "enseigne1Etablissement": "ATELIER SOL",
    "numeroVoieEtablissement": "4",
    "indiceRepetitionEtablissement": "B",
    "typeVoieEtablissement": "RUE",
    "libelleVoieEtablissement": "DES LILAS",
    "codePostalEtablissement": "69002",
    "libelleCommuneEtablissement": "LYON 2EME",
    "codeCommuneEtablissement": "69382",
}
PERSON = UNIT | {
    "denominationUniteLegale": "",
    "sigleUniteLegale": "",
    "categorieJuridiqueUniteLegale": "1000",
    "prenom1UniteLegale": "JEANNE",
    "prenomUsuelUniteLegale": "NINA",
    "nomUniteLegale": "MARTIN",
    "nomUsageUniteLegale": "DURAND",
    "denominationUsuelle1UniteLegale": "NINA CONSEIL",
}


@pytest.fixture
def lists(db):
    """The codes that the hand-written files use, and the Rhône."""
    for code, revision in [("70.22Z", "rev2"), ("70.20Y", "2025")]:
        NafCode.objects.create(code=code, label=code, revision=revision)
    for code in ["9220", "1000"]:
        LegalForm.objects.create(code=code, label=code, level=3)
    HeadcountBand.objects.create(code="01", label="1 ou 2 salariés")
    return DepartmentFactory()


@pytest.fixture
def stock(tmp_path):
    """Write both stock files; return their folder. `packed` puts them in a .zip."""

    def write(units=(UNIT,), places=(PLACE,), packed=False):
        for kind, columns, rows in [
            ("StockUniteLegale", UNIT_COLUMNS, units),
            ("StockEtablissement", ESTABLISHMENT_COLUMNS, places),
        ]:
            path = tmp_path / f"{kind}_utf8.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
            if packed:
                with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as zipped:
                    zipped.write(path, path.name)
                path.unlink()
        return tmp_path

    return write
