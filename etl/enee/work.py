"""Engagements with their stages, assignments, and the index of files."""

from django.utils import timezone

from etl.enee import clean
from etl.enee.builder import Builder
from etl.enee.errors import Rejected
from etl.enee.extract import Row
from etl.enee.ledger import End, Outcome
from etl.enee.mapping import CLOSED
from etl.enee.models import IndexedFile
from etl.enee.organisations import Organisations
from etl.enee.people import People
from etl.enee.store import Table, identifier, known_identifiers
from ilo_cms.engagements.assignments import consulting
from ilo_cms.engagements.models import Action, Assignment, Engagement, Stage, StageEntry


#: Which date of the export opens which stage, in order.
STAGES = {
    "opened_on": Stage.RECEPTION,
    "diagnosis_on": Stage.DIAGNOSIS,
    "plan_on": Stage.PLAN,
    "implementation_on": Stage.IMPLEMENTATION,
    "follow_up_on": Stage.FOLLOW_UP,
}


class Work:
    """What operators, beneficiaries and providers did together."""

    def __init__(
        self,
        builder: Builder,
        organisations: Organisations,
        people: People,
        type_labels: dict[str, str],
    ) -> None:
        self.build = builder
        self.organisations = organisations
        self.people = people
        self.type_labels = type_labels
        self.known = {
            model: known_identifiers(model) for model in (Engagement, Assignment, IndexedFile)
        }
        carried = Action.objects.exclude(assignment=None).values_list("assignment", flat=True)
        self.planned = {key.hex for key in carried}
        self.consulting = consulting().pk
        self.today = timezone.localdate().isoformat()
        self.engagements: dict[str, str] = {}
        self.assignments: dict[str, str] = {}
        self.engagement_table = Table(
            Engagement,
            "id beneficiary_id operator_id officer_id title territory_id sector_id opened_on "
            "closed_on",
        )
        self.stage_table = Table(StageEntry, "id engagement_id stage rank entered_on")
        self.assignment_table = Table(
            Assignment,
            "id engagement_id label provider_id establishment_id contact_id skill_id amount days "
            "starts_on ends_on status",
        )
        self.action_table = Table(Action, "id engagement_id kind_id label assignment_id created_on")
        self.file_table = Table(
            IndexedFile, "id organisation_id assignment_id type_label name deposited_on kilobytes"
        )

    def engagement(self, row: Row) -> End:
        """One path of one beneficiary with one operator."""
        build, houses = self.build, self.organisations
        beneficiary = build.linked(row, "beneficiary", houses.beneficiaries, "beneficiaires")
        operator = build.linked(row, "operator", houses.operators, "structures_porteuses")
        title = build.required(row, "title")
        opened = self.opening_day(row)
        key = identifier("engagement", row["key"])
        self.engagements[row["key"]] = key
        closed = self.not_before(row, "closed_on", opened)
        officer = build.optional(row, "officer", houses.officers, "charges_mission")
        sector = self.one_equivalent(row, "sector", build.maps.sectors)
        if row["note"].strip():
            build.ledger.keep(row, "note", "internal note: it has no place in ILO")
        stages = self.stages(row, key)
        if key not in self.known[Engagement]:
            place = beneficiary.department
            values = (beneficiary.id, operator.id, officer, title, place, sector, opened, closed)
            self.engagement_table.add((key, *values))
            self.stage_table.rows.extend(stages)
        return Outcome.LOADED, key

    def opening_day(self, row: Row) -> str:
        """The day an engagement began: without it there is no engagement to file."""
        try:
            opened = self.build.day(row["opened_on"])
        except clean.Unreadable as error:
            raise Rejected("opened_on", str(error)) from None
        if not opened:
            raise Rejected("opened_on", "this cell is empty and cannot be")
        return opened

    def stages(self, row: Row, engagement: str) -> list[tuple]:
        """The dated stages of an engagement."""
        entries = []
        for rank, (field, stage) in enumerate(STAGES.items()):
            entered = self.build.value(row, field, self.build.day)
            if entered:
                # One engagement enters a stage once: its own identifier but for the last digit.
                entries.append((f"{engagement[:-1]}{rank}", engagement, str(stage), rank, entered))
        code = row["stage"].strip()
        said = self.build.maps.stages.get(self.build.folded(code))
        if code and not said:
            self.build.ledger.keep(row, "stage", "this stage has no equivalent")
        elif said and said != CLOSED and said not in {entry[2] for entry in entries}:
            self.build.ledger.keep(row, "stage", "the stage it is said to be in has no date")
        return entries

    def assignment(self, row: Row) -> End:
        """One consulting assignment of an engagement."""
        build = self.build
        engagement = build.linked(row, "engagement", self.engagements, "accompagnements")
        label = build.required(row, "label")
        provider = None
        if row["provider"].strip():
            provider = build.linked(row, "provider", self.organisations.providers, "prestataires")
        status = build.maps.statuses.get(build.folded(row["status"]))
        if not status:
            raise Rejected("status", "no equivalent in etl/enee/mapping/statuses.csv")
        starts = build.value(row, "starts_on", build.day)
        values = (
            engagement,
            label,
            provider and provider.id,
            self.of_provider(row, "establishment", provider),
            self.of_provider(row, "contact", provider),
            self.one_equivalent(row, "skill", build.maps.skills),
            build.value(row, "amount", build.number),
            self.days(row),
            starts,
            self.not_before(row, "ends_on", starts),
            status,
        )
        key = identifier("assignment", row["key"])
        self.assignments[row["key"]] = key
        if key not in self.known[Assignment]:
            self.assignment_table.add((key, *values))
        if key not in self.planned:
            line = (engagement, self.consulting, label, key, starts or self.today)
            self.action_table.add((identifier("action", row["key"]), *line))
        return Outcome.LOADED, key

    def of_provider(self, row: Row, field: str, provider: object) -> str | None:
        """An establishment or contact of the assignment's provider, and of no other."""
        known, file = (
            (self.organisations.places, "etablissements")
            if field == "establishment"
            else (self.people.contacts, "intervenants")
        )
        found = self.build.optional(row, field, known, file)
        if found and found[1] is not provider:
            self.build.ledger.keep(row, field, "it is not of this assignment's provider")
            return None
        return found and found[0]

    def days(self, row: Row) -> str | None:
        """A number of days that its column can hold."""
        days = self.build.value(row, "days", self.build.number)
        if days and len(days) > len("9999.99"):
            self.build.ledger.keep(row, "days", "too many days to be true")
            return None
        return days

    def not_before(self, row: Row, field: str, start: str | None) -> str | None:
        """An end that does not come before its start; otherwise it is noted and left out."""
        end = self.build.value(row, field, self.build.day)
        if end and start and end < start:
            self.build.ledger.keep(row, field, "the end comes before the start")
            return None
        return end

    def one_equivalent(self, row: Row, field: str, known: dict[str, list[int]]) -> int | None:
        """The only equivalent of an old code. Several, or none, and the cell stays empty."""
        found, _ = self.build.equivalents(row, field, known)
        if len(found) > 1:
            self.build.ledger.keep(row, field, "several equivalents where one is needed")
        return found.pop() if len(found) == 1 else None

    def document(self, row: Row) -> End:
        """One line of the index of files: what it belongs to, its name and its day."""
        kind = self.build.folded(row["owner_kind"])
        organisation = assignment = None
        if kind == "prestataire":
            providers = self.organisations.providers
            organisation = self.build.linked(row, "owner", providers, "prestataires").id
        elif kind == "prestation":
            assignment = self.build.linked(row, "owner", self.assignments, "prestations")
        else:
            raise Rejected("owner_kind", "neither PRESTATAIRE nor PRESTATION")
        size = self.build.value(row, "kilobytes", self.build.number)
        code = row["type"].strip()
        values = (
            organisation,
            assignment,
            self.type_labels.get(code, code)[:255],
            self.build.required(row, "name"),
            self.build.value(row, "deposited_on", self.build.day),
            size and int(float(size)),
        )
        key = identifier("file", row["key"])
        if key not in self.known[IndexedFile]:
            self.file_table.add((key, *values))
        return Outcome.LOADED, key

    def tables(self) -> list[Table]:
        """Engagements before their stages, assignments before their plan lines and files."""
        return [
            self.engagement_table,
            self.stage_table,
            self.assignment_table,
            self.action_table,
            self.file_table,
        ]
