"""A consistent fictional world: operators, providers, beneficiaries and their work together.

Rows are dictionaries by column, already in the words of the export; sample/faults.py damages them.
The people of SPEC's demonstration are in it by name, with organisations that fit them.
"""

from datetime import date, timedelta
from random import Random

from etl.enee.sample import words
from etl.enee.sample.fiction import Fiction, operator_domain, slug
from etl.enee.sample.layout import COLUMNS, STAGE_DATES
from etl.enee.sample.numbers import french_amount, french_date, phone, sirens, siret


#: "Today" of the export: every date is on or before it, so that a run can be compared.
REFERENCE_DATE = date(2026, 11, 1)
FIRST_DAY = date(2014, 11, 1)
Row = dict[str, str]


class World(Fiction):
    """Builds every table of the export; `scale` 1 is the demonstration."""

    def __init__(self, rng: Random, scale: float) -> None:
        super().__init__(rng)
        self.scale = scale
        self.sirens = sirens(rng)
        self.tables: dict[str, list[Row]] = {name: [] for name in COLUMNS}
        #: Rows of the demonstration's people and organisations: no fault may touch them.
        self.protected: set[int] = set()
        #: Establishments and contacts of each provider, to send assignments somewhere real.
        self.places: dict[str, list[str]] = {}
        self.people: dict[str, list[str]] = {}

    def build(self) -> dict[str, list[Row]]:
        """Fill every table, parents first."""
        self.add_codes()
        self.add_operators()
        self.add_demonstration()
        for _ in range(self.sized(300) - len(self.tables["prestataires"])):
            self.add_provider()
        for _ in range(self.sized(600) - len(self.tables["intervenants"])):
            self.add_contact(self.rng.choice(self.tables["prestataires"]))
        for _ in range(self.sized(280) - len(self.tables["beneficiaires"])):
            self.add_leader(self.add_beneficiary())
        beneficiaries = self.tables["beneficiaires"]
        for rank in range(self.sized(900)):
            self.add_engagement(beneficiaries[rank % len(beneficiaries)])
        self.add_assignments(self.sized(1500))
        self.add_documents(self.sized(500))
        return self.tables

    def sized(self, count: int) -> int:
        """A count of the demonstration at this scale."""
        return max(1, round(count * self.scale))

    def add(self, table: str, **values: str) -> Row:
        """Append one row with the next identifier of its table."""
        rows = self.tables[table]
        columns = COLUMNS[table]
        row = dict.fromkeys(columns, "") | values
        row[columns[0]] = row[columns[0]] or str(1001 + len(rows))
        rows.append(row)
        return row

    def add_codes(self) -> None:
        """The old code lists as the export carries them."""
        lists = {
            "T": ("THEME", words.THEMES),
            "S": ("SECTEUR", words.SECTORS),
            "E": ("ETAPE", words.STAGES),
            "P": ("STATUT_PRESTATION", words.STATUSES),
            "D": ("TYPE_DOCUMENT", words.DOCUMENT_KINDS),
        }
        for letter, (name, labels) in lists.items():
            for rank, label in enumerate(labels, 1):
                self.add("codes", CODE=f"{letter}{rank:02d}", LISTE=name, LIBELLE=label)

    def add_operators(self) -> None:
        """The operators and their officers; each covers one département."""
        for name, department, postcode, city in words.OPERATORS:
            operator = self.add(
                "structures_porteuses",
                LIBELLE=name,
                SIRET=siret(next(self.sirens)),
                DEPARTEMENT=department,
                ADRESSE=self.street(),
                CODE_POSTAL=postcode,
                VILLE=city,
                TELEPHONE=phone(self.rng),
                MEL=f"contact@{operator_domain(name)}",
            )
            self.protected.add(id(operator))
            if department == "69":
                self.add_officer(operator, "Mme", "Claire", "Aubry", "claire")
            if department == "59":
                self.add_officer(operator, "M.", "Karim", "Haddad", "karim")
            for _ in range(2):
                self.add_officer(operator, *self.person())

    def add_officer(
        self, operator: Row, title: str, first: str, last: str, mailbox: str = ""
    ) -> None:
        """One officer of an operator."""
        domain = operator_domain(operator["LIBELLE"])
        officer = self.add(
            "charges_mission",
            ID_STRUCTURE_PORTEUSE=operator["ID_STRUCTURE_PORTEUSE"],
            CIVILITE=title,
            NOM=last,
            PRENOM=first,
            MEL=f"{mailbox}@{domain}" if mailbox else self.address(first, last, domain),
            TELEPHONE=phone(self.rng),
        )
        self.protected.add(id(officer))

    def add_demonstration(self) -> None:
        """The organisations and people that SPEC's demonstration signs in with."""
        before = {name: len(rows) for name, rows in self.tables.items()}
        sol = self.add_provider("Conseil Sol", "SCOP SARL", ("69001", "Lyon"), people=0)
        rhizome = self.add_provider("Atelier Rhizome", "SARL", ("69100", "Villeurbanne"), people=1)
        atout = self.add_provider("Coop Atout", "SCOP SARL", ("59000", "Lille"), people=0)
        marina = ("Mme", "Marina", "Vasseur", "marina@conseil-sol.example")
        self.add_contact(sol, *marina, FONCTION="Gérante", DATE_ENTREE="01/09/2019")
        self.add_contact(
            sol, "M.", "Paul", "Girard", "paul@conseil-sol.example", FONCTION="Consultant"
        )
        self.add_contact(
            rhizome, *marina, FONCTION="Consultante", DATE_ENTREE="05/01/2015",
            DATE_SORTIE="31/08/2019",
        )  # fmt: skip
        self.add_contact(
            atout, "Mme", "Inès", "Morel", "ines@coop-atout.example", FONCTION="Coopératrice"
        )
        self.add_contact(
            atout, "M.", "Léo", "Lambert", "leo@coop-atout.example", FONCTION="Coopérateur"
        )
        garden = self.add_beneficiary("Les Jardins partagés", ("69100", "Villeurbanne"))
        self.add_leader(
            garden, "Mme", "Jeanne", "Perrin", "jeanne@jardins-partages.example", "Présidente"
        )
        claire, karim = (
            row["ID_CHARGE_MISSION"]
            for row in self.tables["charges_mission"]
            if row["PRENOM"] in {"Claire", "Karim"}
        )
        for provider, officer, zones in [
            (sol, claire, "69,01,42"),
            (rhizome, claire, "Rhône-Alpes"),
            (atout, karim, "59,62"),
        ]:
            provider.update(ACTIF="O", CODE_NAF="70.22Z", CHARGE_MISSION=officer, ZONES=zones)
        atout["CAE"] = "O"
        for name, rows in self.tables.items():
            self.protected.update(map(id, rows[before[name] :]))

    def add_provider(
        self,
        name: str = "",
        status: str = "",
        place: tuple[str, str] | None = None,
        people: int = 1,
    ) -> Row:
        """One provider with its head office, sometimes another place, and its first contact."""
        rng = self.rng
        name = name or self.unique_name(
            words.PROVIDER_KINDS, words.PROVIDER_NAMES, words.PROVIDER_ENDS
        )
        created = self.day(FIRST_DAY, date(2025, 12, 31))
        labels, weights, _ = zip(*words.LEGAL_STATUSES, strict=True)
        status = status or rng.choices(labels, weights)[0]
        provider = self.add(
            "prestataires",
            RAISON_SOCIALE=name,
            SIREN=next(self.sirens),
            STATUT_JURIDIQUE=status,
            CODE_NAF=rng.choice(words.PROVIDER_NAF).replace(".", "" if rng.random() < 0.5 else "."),
            SITE_WEB=f"www.{slug(name)}.example" if rng.random() < 0.5 else "",
            THEMES=self.codes("T", 40, 1, 5),
            SECTEURS=self.codes("S", 30, 0, 4),
            AGREMENTS=rng.choices(["", "Qualiopi", "ESUS", "Qualiopi, ESUS"], [60, 25, 10, 5])[0],
            CHARGE_MISSION=rng.choice(self.tables["charges_mission"])["ID_CHARGE_MISSION"],
            CAE="N",
            ACTIF="N" if rng.random() < 0.08 else "O",
            DATE_CREATION=french_date(created),
        )
        first = self.add_place(provider, 1, place or self.place())
        provider["ZONES"] = self.zones(first["CODE_POSTAL"])
        if rng.random() < 0.1:
            self.add_place(provider, 2, self.place())
        for _ in range(people):
            self.add_contact(provider)
        return provider

    def add_place(self, provider: Row, rank: int, place: tuple[str, str]) -> Row:
        """One establishment of a provider."""
        row = self.add(
            "etablissements",
            ID_PRESTATAIRE=provider["ID_PRESTATAIRE"],
            SIRET=siret(provider["SIREN"], rank),
            ENSEIGNE=provider["RAISON_SOCIALE"] if rank == 1 else f"Antenne de {place[1]}",
            ADRESSE=self.street(),
            CODE_POSTAL=place[0],
            VILLE=place[1],
            TELEPHONE=phone(self.rng) if self.rng.random() < 0.7 else "",
            MEL=f"contact@{slug(provider['RAISON_SOCIALE'])}.example",
            SIEGE="O" if rank == 1 else "N",
        )
        self.places.setdefault(provider["ID_PRESTATAIRE"], []).append(row["ID_ETABLISSEMENT"])
        return row

    def add_contact(
        self,
        provider: Row,
        title: str = "",
        first: str = "",
        last: str = "",
        email: str = "",
        **values: str,
    ) -> Row:
        """One person of a provider; without a name, an invented one."""
        rng, key = self.rng, provider["ID_PRESTATAIRE"]
        if not last:
            title, first, last = self.person()
            email = self.address(first, last, f"{slug(provider['RAISON_SOCIALE'])}.example")
        contact = self.add(
            "intervenants",
            ID_PRESTATAIRE=key,
            ID_ETABLISSEMENT=self.places[key][0] if rng.random() < 0.9 else "",
            CIVILITE=title,
            NOM=last.upper() if rng.random() < 0.3 else last,
            PRENOM=first,
            FONCTION=values.pop("FONCTION", rng.choice(words.FUNCTIONS[title])),
            MEL=email,
            TELEPHONE=phone(rng),
            THEMES=self.codes("T", 40, 0, 3),
            SECTEURS=self.codes("S", 30, 0, 2),
            **values,
        )
        self.people.setdefault(key, []).append(contact["ID_INTERVENANT"])
        return contact

    def add_beneficiary(self, name: str = "", place: tuple[str, str] | None = None) -> Row:
        """One accompanied organisation."""
        rng = self.rng
        name = name or self.unique_name(words.BENEFICIARY_KINDS, words.BENEFICIARY_NAMES, [""])
        postcode, city = place or self.place()
        return self.add(
            "beneficiaires",
            RAISON_SOCIALE=name,
            SIRET=siret(next(self.sirens)),
            STATUT_JURIDIQUE="Association loi 1901" if rng.random() < 0.9 else "SCIC",
            CODE_NAF=rng.choice(words.BENEFICIARY_NAF),
            SECTEUR=self.codes("S", 30, 1, 1),
            ADRESSE=self.street(),
            CODE_POSTAL=postcode,
            VILLE=city,
            TELEPHONE=phone(rng),
            MEL=f"accueil@{slug(name)}.example",
            NB_SALARIES=str(rng.choice([0, 0, 1, 2, 3, 4, 6, 8, 12, 25, 60])),
            DATE_CREATION=french_date(self.day(date(1985, 1, 1), date(2024, 1, 1))),
        )

    def add_leader(
        self,
        beneficiary: Row,
        title: str = "",
        first: str = "",
        last: str = "",
        email: str = "",
        function: str = "",
    ) -> None:
        """The person who answers for a beneficiary."""
        if not last:
            title, first, last = self.person()
            email = self.address(first, last, f"{slug(beneficiary['RAISON_SOCIALE'])}.example")
        self.add(
            "responsables",
            ID_BENEFICIAIRE=beneficiary["ID_BENEFICIAIRE"],
            CIVILITE=title,
            NOM=last,
            PRENOM=first,
            FONCTION=function or self.rng.choice(words.LEADERS[title]),
            MEL=email,
            TELEPHONE=phone(self.rng),
        )

    def add_engagement(self, beneficiary: Row) -> None:
        """One engagement: the stages follow each other and stop at the reference date."""
        rng = self.rng
        days = [self.day(FIRST_DAY, REFERENCE_DATE - timedelta(days=10))]
        for shortest, longest in [(15, 60), (20, 60), (20, 90), (150, 300), (60, 180)]:
            days.append(days[-1] + timedelta(days=rng.randint(shortest, longest)))
        reached = [day for day in days if day <= REFERENCE_DATE]
        if len(reached) > 2 and rng.random() < 0.05:  # given up on the way
            reached = reached[: rng.randint(2, len(reached))]
        officer = rng.choice(self.tables["charges_mission"])
        self.add(
            "accompagnements",
            ID_BENEFICIAIRE=beneficiary["ID_BENEFICIAIRE"],
            ID_STRUCTURE_PORTEUSE=officer["ID_STRUCTURE_PORTEUSE"],
            CHARGE_MISSION=officer["ID_CHARGE_MISSION"],
            INTITULE=f"Accompagnement {reached[0].year} : {beneficiary['RAISON_SOCIALE']}",
            SECTEUR=beneficiary["SECTEUR"],
            ETAPE=f"E{len(reached):02d}",
            **dict(zip(STAGE_DATES, map(french_date, reached), strict=False)),
        )

    def add_assignments(self, count: int) -> None:
        """Consulting assignments of the engagements that have a plan."""
        planned = [row for row in self.tables["accompagnements"] if row["DATE_PLAN"]]
        for rank in range(count):
            self.add_assignment(planned[rank % len(planned)])

    def add_assignment(self, engagement: Row) -> None:
        """One assignment; its status follows its dates."""
        rng = self.rng
        provider = rng.choice(self.tables["prestataires"])["ID_PRESTATAIRE"]
        day, month, year = map(int, engagement["DATE_PLAN"].split("/"))
        start = date(year, month, day) + timedelta(days=rng.randint(10, 60))
        end = start + timedelta(days=rng.randint(30, 240))
        theme = rng.randrange(40)
        days = rng.choice([2, 3, 4, 5, 6, 8, 10])
        if start > REFERENCE_DATE:
            status = rng.choice(["P01", "P02"])
        elif end > REFERENCE_DATE:
            status = "P03"
        else:
            status = rng.choices(["P04", "P05", "P06"], [30, 66, 4])[0]
        self.add(
            "prestations",
            ID_ACCOMPAGNEMENT=engagement["ID_ACCOMPAGNEMENT"],
            ID_PRESTATAIRE=provider,
            ID_ETABLISSEMENT=rng.choice(self.places[provider]),
            ID_INTERVENANT=rng.choice(self.people[provider]),
            INTITULE=f"Appui : {words.THEMES[theme].lower()}",
            THEME=f"T{theme + 1:02d}",
            MONTANT_TTC=french_amount(days * rng.choice([600, 700, 750, 800, 900])),
            NB_JOURS=str(days) if rng.random() < 0.8 else f"{days},5",
            DATE_DEBUT=french_date(start),
            DATE_FIN=french_date(end),
            STATUT=status,
        )

    def add_documents(self, count: int) -> None:
        """The index of files: the export names them but does not carry them."""
        rng = self.rng
        for _ in range(count):
            table, column = rng.choice(
                [("prestataires", "ID_PRESTATAIRE"), ("prestations", "ID_PRESTATION")]
            )
            kind = rng.randrange(len(words.DOCUMENT_KINDS))
            owner = rng.choice(self.tables[table])
            name = f"{slug(words.DOCUMENT_KINDS[kind])}_{owner[column]}.pdf"
            self.add(
                "documents",
                OBJET=table[:-1].upper(),
                ID_OBJET=owner[column],
                TYPE_DOCUMENT=f"D{kind + 1:02d}",
                NOM_FICHIER=name,
                DATE_DEPOT=french_date(self.day(FIRST_DAY, REFERENCE_DATE)),
                TAILLE_KO=str(rng.randint(12, 4800)),
            )
