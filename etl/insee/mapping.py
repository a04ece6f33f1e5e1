"""From a record of the register to our values: the same rules for the stock and for the API (I2).

A record is a dict with the stock's column names. Of each of our fields the register says a value,
or that there is none (an empty text), or nothing at all (None: the cell is masked, its column
absent or its code is in no list of ours); then what we have stays as it is.
Sources: INSEE, variables of Sirene; partial diffusion, art. R123-232-1 code de commerce.
"""

from collections.abc import Container, Mapping


#: What INSEE writes in the cells it may not publish. Never a value.
MASKED = "[ND]"
#: Legal category of natural persons, who have names and no denomination.
NATURAL_PERSON = "1000"
UNIT_COLUMNS = {
    "siren", "statutDiffusionUniteLegale", "etatAdministratifUniteLegale",
    "denominationUniteLegale", "denominationUsuelle1UniteLegale", "sigleUniteLegale",
    "prenomUsuelUniteLegale", "prenom1UniteLegale", "nomUniteLegale", "nomUsageUniteLegale",
    "categorieJuridiqueUniteLegale", "activitePrincipaleUniteLegale", "nicSiegeUniteLegale",
    "trancheEffectifsUniteLegale",
}  # fmt: skip
ESTABLISHMENT_COLUMNS = {
    "siren", "nic", "etatAdministratifEtablissement", "enseigne1Etablissement",
    "denominationUsuelleEtablissement", "complementAdresseEtablissement",
    "distributionSpecialeEtablissement", "numeroVoieEtablissement",
    "indiceRepetitionEtablissement", "typeVoieEtablissement", "libelleVoieEtablissement",
    "codePostalEtablissement", "libelleCommuneEtablissement",
    "libelleCommuneEtrangerEtablissement", "codeCommuneEtablissement",
}  # fmt: skip
Values = dict[str, str | bool | None]


def cell(record: Mapping[str, str | None], name: str) -> str | None:
    """A cell without its margins; None when it is masked or the record has no such column."""
    if name not in record:
        return None
    value = (record[name] or "").strip()
    return None if MASKED in value else value


def organisation_values(unit: Mapping[str, str | None], naf_codes: Container[str]) -> Values:
    """A legal unit as values of Organisation, lists by their code.

    NAF: the main activity, or the NAF 2025 one where the main is of an older nomenclature.
    """
    activities = [
        cell(unit, "activitePrincipaleUniteLegale"),
        cell(unit, "activitePrincipaleNAF25UniteLegale"),
    ]
    return {
        "name": legal_name(unit) or None,
        "acronym": cell(unit, "sigleUniteLegale"),
        "legal_form": cell(unit, "categorieJuridiqueUniteLegale"),
        "naf": next((code for code in activities if code and code in naf_codes), None),
        "headcount_band": cell(unit, "trancheEffectifsUniteLegale"),
        "head_office_nic": cell(unit, "nicSiegeUniteLegale"),
        "insee_closed": cell(unit, "etatAdministratifUniteLegale") == "C",
        "insee_restricted": cell(unit, "statutDiffusionUniteLegale") != "O",
    }


def legal_name(unit: Mapping[str, str | None]) -> str | None:
    """The name of a legal unit; None when the register hides it.

    A legal person: its denomination. A natural person: usual first name, then the name in use or
    the birth name. Anything else: the first usual denomination.
    """
    denomination = cell(unit, "denominationUniteLegale")
    if denomination:
        return denomination
    if cell(unit, "categorieJuridiqueUniteLegale") != NATURAL_PERSON:
        return cell(unit, "denominationUsuelle1UniteLegale")
    first = cell(unit, "prenomUsuelUniteLegale") or cell(unit, "prenom1UniteLegale")
    last = cell(unit, "nomUsageUniteLegale") or cell(unit, "nomUniteLegale")
    if first is None or not last:  # half a name would be another person's
        return None
    return f"{first} {last}".strip()


def establishment_values(place: Mapping[str, str | None]) -> Values:
    """An establishment as values of Establishment, its département by its code."""
    signs = [cell(place, "enseigne1Etablissement"), cell(place, "denominationUsuelleEtablissement")]
    city_code = cell(place, "codeCommuneEtablissement")
    return {
        "name": next(filter(None, signs), None if None in signs else ""),
        "address_complement": joined(
            place, "complementAdresseEtablissement", "distributionSpecialeEtablissement"
        ),
        "address_line": joined(
            place,
            "numeroVoieEtablissement",
            "indiceRepetitionEtablissement",
            "typeVoieEtablissement",
            "libelleVoieEtablissement",
        ),
        "postcode": cell(place, "codePostalEtablissement"),
        "city": cell(place, "libelleCommuneEtablissement")
        or cell(place, "libelleCommuneEtrangerEtablissement"),
        "city_code": city_code,
        "department": None if city_code is None else department_code(city_code),
        "is_active": cell(place, "etatAdministratifEtablissement") == "A",
    }


def joined(place: Mapping[str, str | None], *names: str) -> str | None:
    """Several cells on one line; None as soon as one is hidden, for half an address misleads."""
    cells = [cell(place, name) for name in names]
    return None if None in cells else " ".join(filter(None, cells))


def department_code(city_code: str) -> str:
    """The département of a commune: 2A and 2B as they are, three figures overseas, else two."""
    return city_code[: 3 if city_code.startswith(("97", "98")) else 2]
