"""Operators, providers, beneficiaries and their establishments.

One legal entity is one organisation, whatever its roles: rows with one SIREN are merged. Names that
are only near-equal are proposed, never merged.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache

from etl.enee import clean
from etl.enee.builder import Builder, Kind
from etl.enee.extract import Row
from etl.enee.ledger import End, Outcome
from etl.enee.models import SourceRow
from etl.enee.store import Table, identifier, known_identifiers
from ilo_cms.directory.models import Establishment, Organisation


#: Columns of the organisation that come from a cell, in the order they are written.
VALUES = [
    "siren", "name", "acronym", "head_office_nic", "legal_form_id", "naf_id", "headcount_band_id",
    "website", "referent_id",
]  # fmt: skip
ROLES = ["is_provider", "is_beneficiary", "is_operator", "is_cae"]
LISTS = ["skills", "sectors", "territories", "approvals", "certifications", "operated_territories"]


@dataclass(slots=True)
class Draft:
    """An organisation in the making. `fresh`: the database does not have it yet."""

    id: str
    row: Row
    fresh: bool
    values: dict[str, object]
    is_active: bool = True
    roles: set[str] = field(default_factory=set)
    lists: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    department: int | None = None

    def take(self, values: dict[str, object]) -> None:
        """Fill what is still empty; what is there stays."""
        for name, value in values.items():
            if value and not self.values.get(name):
                self.values[name] = value


class Organisations:
    """Everything that has a SIREN or should."""

    def __init__(self, builder: Builder, labels: dict[tuple[str, str], str]) -> None:
        self.build = builder
        self.labels = labels
        self.known = known_identifiers(Organisation)
        self.known_places = known_identifiers(Establishment)
        self.by_siren: dict[str, Draft] = {}
        self.database_sirens = {
            siren: key.hex
            for siren, key in Organisation.objects.exclude(siren=None).values_list("siren", "pk")
        }
        self.place_by_nic = {
            (organisation.hex, nic): key.hex
            for organisation, nic, key in Establishment.objects.exclude(nic="").values_list(
                "organisation_id", "nic", "pk"
            )
        }
        self.operators: dict[str, Draft] = {}
        self.providers: dict[str, Draft] = {}
        self.beneficiaries: dict[str, Draft] = {}
        self.places: dict[str, tuple[str, Draft]] = {}
        self.officers: dict[str, str] = {}  # filled by people.py
        self.drafts: list[Draft] = []
        # Rows of an earlier run gave their roles then; an officer may have taken one back since.
        self.told = set(SourceRow.objects.values_list("file", "key"))
        self.gained: dict[str, set[str]] = defaultdict(set)
        self.place_table = Table(
            Establishment,
            "id organisation_id nic name address_complement address_line postcode city "
            "department_id phone email origins",
        )

    def operator(self, row: Row) -> End:
        """A structure porteuse covers the département it names."""
        name = self.build.required(row, "name")
        siret = self.build.value(row, "siret", clean.siret)
        draft, end = self.settle(row, siret and siret[:9], {"name": name}, "is_operator")
        self.operators[row["key"]] = draft
        covered, _ = self.build.equivalents(row, "department", self.build.maps.territories)
        draft.lists["operated_territories"] |= covered
        self.own_place(row, draft, siret)
        return end

    def provider(self, row: Row) -> End:
        """A provider and its lists; an unreadable SIREN is kept aside and the provider loaded."""
        build, maps = self.build, self.build.maps
        name = build.required(row, "name")
        siren = build.value(row, "siren", clean.siren)
        values = self.common_values(row, name) | {
            "acronym": build.text(row, "acronym", 100),
            "referent_id": build.optional(row, "referent", self.officers, "charges_mission"),
        }
        draft, end = self.settle(row, siren, values, "is_provider")
        self.providers[row["key"]] = draft
        if build.value(row, "is_cae", build.flag):
            draft.roles.add("is_cae")
        if end[0] == Outcome.LOADED and row["is_active"]:
            draft.is_active = build.value(row, "is_active", build.flag)
        if not siren and row["siren"].strip():
            self.keep(draft, Kind.IDENTIFIER, "SIREN", row["siren"].strip())
        self.fill(row, draft, "skills", maps.skills, Kind.SKILL)
        self.fill(row, draft, "sectors", maps.sectors, Kind.SECTOR)
        self.fill(row, draft, "territories", maps.territories, Kind.TERRITORY)
        self.fill_approvals(row, draft)
        return end

    def beneficiary(self, row: Row) -> End:
        """A beneficiary and the one place that Enée knew of it."""
        build = self.build
        name = build.required(row, "name")
        siret = build.value(row, "siret", clean.siret)
        values = self.common_values(row, name)
        headcount = build.value(row, "headcount", clean.number)
        if headcount:
            values["headcount_band_id"] = build.maps.band_of(int(float(headcount)))
        draft, end = self.settle(row, siret and siret[:9], values, "is_beneficiary")
        self.beneficiaries[row["key"]] = draft
        if not siret and row["siret"].strip():
            self.keep(draft, Kind.IDENTIFIER, "SIRET", row["siret"].strip())
        self.fill(row, draft, "sectors", build.maps.sectors, Kind.SECTOR)
        self.own_place(row, draft, siret)
        return end

    def establishment(self, row: Row) -> End:
        """A place of a provider; its NIC counts only under the SIREN of its organisation."""
        draft = self.build.linked(row, "organisation", self.providers, "prestataires")
        siret = self.build.value(row, "siret", clean.siret)
        nic = ""
        if siret and siret[:9] == draft.values.get("siren"):
            nic = siret[9:]
        elif row["siret"].strip():
            self.keep(draft, Kind.IDENTIFIER, "SIRET", row["siret"].strip())
            if siret:
                self.build.ledger.keep(row, "siret", "this SIRET is not of its provider's SIREN")
        place, end = self.place(row, draft, nic)
        self.places[row["key"]] = (place, draft)
        if nic and self.build.value(row, "is_head_office", self.build.flag):
            draft.take({"head_office_nic": nic})
        return end

    def common_values(self, row: Row, name: str) -> dict[str, object]:
        """What providers and beneficiaries both have."""
        build = self.build
        form = build.text(row, "legal_form")
        legal_form = build.maps.legal_forms.get(build.folded(form))
        if form and not legal_form:
            build.ledger.keep(row, "legal_form", "no legal category has this meaning alone")
        code = build.value(row, "naf", build.naf)
        naf = build.maps.naf.get(code)
        if code and not naf:
            build.ledger.keep(row, "naf", "no NAF code of today is written so")
        if row["note"].strip():
            build.ledger.keep(row, "note", "internal note: it has no place in ILO")
        return {
            "name": name,
            "legal_form_id": legal_form,
            "naf_id": naf,
            "website": build.value(row, "website", clean.website),
        }

    def settle(
        self, row: Row, siren: str | None, values: dict[str, object], role: str
    ) -> tuple[Draft, End]:
        """The organisation of a row: the one that has its SIREN, or a new one."""
        own = identifier("organisation", row.source.name, row["key"])
        values["siren"] = siren
        draft = self.by_siren.get(siren) if siren else None
        if draft is None:
            key = self.database_sirens.get(siren, own) if siren else own
            draft = Draft(key, row, key not in self.known, {})
            self.drafts.append(draft)
            if siren:
                self.by_siren[siren] = draft
            if key != own:
                reason = "ILO already had this SIREN: its own values were left as they are"
                self.build.ledger.keep(row, "name", reason)
        elif clean.folded(str(draft.values["name"])) != clean.folded(str(values["name"])):
            self.build.ledger.keep(row, "name", "merged by SIREN under another name")
        draft.take(values)
        draft.roles.add(role)
        if not draft.fresh and (row.source.name, row["key"]) not in self.told:
            self.gained[role].add(draft.id)
        return draft, (Outcome.LOADED if draft.id == own else Outcome.MERGED, draft.id)

    def fill(self, row: Row, draft: Draft, name: str, known: dict, kind: str) -> None:
        """One list of an organisation; what has no equivalent is kept for the re-entry helper."""
        found, unknown = self.build.equivalents(row, name, known)
        draft.lists[name] |= found
        for code in unknown:
            self.keep(draft, kind, code, self.labels.get((name, code), code))

    def fill_approvals(self, row: Row, draft: Draft) -> None:
        """Enée had one cell for approvals and certifications; ILO has a list for each."""
        maps = self.build.maps
        for label in self.build.codes(row["approvals"]):
            word = self.build.folded(label)
            if word in maps.approvals:
                draft.lists["approvals"].add(maps.approvals[word])
            elif word in maps.certifications:
                draft.lists["certifications"].add(maps.certifications[word])
            else:
                self.build.ledger.keep(row, "approvals", f"{label} has no equivalent")
                self.keep(draft, Kind.OTHER, "AGREMENTS", label)

    def own_place(self, row: Row, draft: Draft, siret: str | None) -> None:
        """The place that an organisation's own row describes."""
        nic = siret[9:] if siret and siret[:9] == draft.values.get("siren") else ""
        if nic or clean.text(row["city"]):
            self.place(row, draft, nic)

    def place(self, row: Row, draft: Draft, nic: str) -> tuple[str, End]:
        """An establishment, unless its organisation already has one of that NIC."""
        build = self.build
        own = identifier("establishment", row.source.name, row["key"])
        key = self.place_by_nic.setdefault((draft.id, nic), own) if nic else own
        postcode = build.value(row, "postcode", build.postcode) or ""
        department = build.maps.department_of(postcode)
        draft.department = draft.department or department
        if key == own:
            code = clean.department(postcode)
            phone, other = build.value(row, "phone", build.phones, code)
            if other:
                build.ledger.keep(
                    row, "phone", "an establishment has one phone: the second is here"
                )
            values = {
                "nic": nic,
                "name": build.text(row, "name") if row["organisation"] else "",
                "address_complement": build.text(row, "address_complement"),
                "address_line": build.text(row, "address_line"),
                "postcode": postcode,
                "city": build.text(row, "city", 100),
                "department_id": department,
                "phone": phone,
                "email": build.value(row, "email", clean.email) or "",
            }
            if key not in self.known_places:
                self.place_table.add((key, draft.id, *values.values(), origins(values)))
        return key, (Outcome.LOADED if key == own else Outcome.MERGED, key)

    def keep(self, draft: Draft, kind: str, code: str, label: str) -> None:
        """Keep an old value of a new organisation; a known one was already told."""
        if draft.fresh:
            self.build.keep_value(draft.id, kind, code, label)

    def propose_duplicates(self) -> None:
        """Organisations without SIREN whose name is near-equal to another's."""
        by_name: dict[str, list[Draft]] = defaultdict(list)
        for draft in self.drafts:
            by_name[clean.folded(str(draft.values["name"]))].append(draft)
        for drafts in by_name.values():
            for draft in drafts if len(drafts) > 1 else []:
                if not draft.values.get("siren"):
                    other = next(each for each in drafts if each is not draft)
                    there = f"{other.values['name']} ({other.row.source.name}:{other.row.line})"
                    reason = "near-equal name of another organisation"
                    self.build.ledger.propose(draft.row, "name", there, reason)

    def give_roles(self) -> None:
        """An organisation that ILO had before may be provider, beneficiary or operator as well."""
        for role, keys in self.gained.items():
            Organisation.objects.filter(pk__in=keys).update(**{role: True})

    def tables(self) -> list[Table]:
        """The new organisations, their lists and their places, parents first."""
        fresh = [draft for draft in self.drafts if draft.fresh]
        main = Table(Organisation, " ".join(["id", *VALUES, *ROLES, "is_active", "origins"]))
        for draft in fresh:
            values = [draft.values.get(name) or EMPTY[name] for name in VALUES]
            roles = [role in draft.roles for role in ROLES]
            filled = draft.values | draft.lists
            main.add((draft.id, *values, *roles, draft.is_active, origins(filled)))
        return [main, *(self.list_table(name, fresh) for name in LISTS), self.place_table]

    def list_table(self, name: str, drafts: list[Draft]) -> Table:
        """The rows between organisations and one list."""
        link = Organisation._meta.get_field(name)
        table = Table(
            link.remote_field.through, f"{link.m2m_column_name()} {link.m2m_reverse_name()}"
        )
        for draft in drafts:
            table.rows.extend((draft.id, key) for key in sorted(draft.lists.get(name, ())))
        return table


#: What an organisation's column holds when the export is silent.
EMPTY = {
    name: None if Organisation._meta.get_field(name.removesuffix("_id")).null else ""
    for name in VALUES
}


def origins(values: dict[str, object]) -> str:
    """Every value of a migrated record that is not empty comes from Enée (SPEC P7)."""
    return origins_of(tuple(name for name, value in values.items() if value))


@cache
def origins_of(names: tuple[str, ...]) -> str:
    """The JSON of that, made once for each set of filled fields."""
    return json.dumps({name.removesuffix("_id"): "enee" for name in names})
