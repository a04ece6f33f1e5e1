"""The officers' forms of the selection: opening, interests, notes, decision.

Offers come from `comparison`, hence from what this person may read: before the opening, none.
"""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from ilo_cms.core.amounts import FrenchNumberInput
from ilo_cms.core.french import number, of, without_idle_zeros
from ilo_cms.tenders.comparison import Line, comparison
from ilo_cms.tenders.decisions import decide
from ilo_cms.tenders.forms import ActForm
from ilo_cms.tenders.forms_outside import OutsideOfferForm, TakeOutForm
from ilo_cms.tenders.models import (
    HIGHEST_NOTE,
    AgreedScore,
    Criterion,
    Outcome,
    Phase,
    ScoreSheet,
)
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.scoring import (
    Note,
    agree_scores,
    hand_in,
    save_scores,
    state_conflict,
)


SELECTION = {Phase.SELECTION}
CELL = "note-"
GONE = (
    "Une offre a été retirée ou remplacée depuis que vous avez ouvert cette page : rien n’est "
    "enregistré. Vérifiez vos notes, puis recommencez."
)


class OpenForm(ActForm):
    """All offers at once."""

    heading = "Ouvrir les offres"
    button = "Ouvrir toutes les offres"
    done = "Les offres sont ouvertes. Le procès-verbal est dans la page."
    note = (
        "Toutes les offres s’ouvrent ensemble, et un procès-verbal liste ce qui a été reçu, retiré "
        "ou envoyé trop tard. Plus aucune échéance ne pourra bouger."
    )
    phases = {Phase.OPENING}

    def run(self) -> object:
        """Open them."""
        return open_tender(tender=self.tender, acting_user=self.user)


class ConflictForm(ActForm):
    """Ties with those who answered."""

    heading = "Ma déclaration d’intérêts"
    button = "Enregistrer ma déclaration"
    done = "Votre déclaration est enregistrée."
    note = (
        "Avant de noter, dites si vous avez un lien personnel, familial, financier ou "
        "professionnel récent avec une structure qui a déposé une offre. Si c’est le cas, vos "
        "collègues notent et décident sans vous."
    )
    phases = SELECTION

    has_conflict = forms.TypedChoiceField(
        label="Votre situation",
        choices=[
            ("non", "Je n’ai aucun conflit d’intérêts"),
            ("oui", "J’ai un conflit d’intérêts"),
        ],
        coerce=lambda value: value == "oui",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label="Précisions", max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )

    def run(self) -> object:
        """State it."""
        said = self.cleaned_data
        return state_conflict(
            tender=self.tender,
            has_conflict=said["has_conflict"],
            text=said["text"],
            acting_user=self.user,
        )


class NotesForm(ActForm):
    """A note and a comment for each offer and criterion."""

    phases = SELECTION

    def prepare(self) -> None:
        """One pair of fields a cell, the best known first values in them."""
        lines, self.criteria = comparison(self.tender, self.user)
        self.lines = sorted(lines, key=lambda line: line.offer.invitation.organisation.name)
        self.cells = [(line, criterion) for line in self.lines for criterion in self.criteria]
        for line, criterion in self.cells:
            self.add_cell(line, criterion, self.known(line, criterion))

    def add_cell(self, line: Line, criterion: Criterion, known: Note) -> None:
        """The fields of one cell."""
        name = cell_name(line, criterion)
        self.fields[name] = forms.DecimalField(
            label=f"{line.offer.author} – {criterion}",
            min_value=0,
            max_value=HIGHEST_NOTE,
            max_digits=4,
            decimal_places=2,
            required=False,
            localize=True,
            initial=None if known.value is None else without_idle_zeros(known.value),
            help_text=self.hint(line, criterion),
        )
        self.fields[name].widget = FrenchNumberInput()
        self.fields[f"{name}-comment"] = forms.CharField(
            label=f"Commentaire : {line.offer.author} – {criterion.label}",
            max_length=2000,
            required=False,
            initial=known.comment,
            widget=forms.Textarea({"rows": 2}),
        )

    def clean(self) -> None:
        """Notes on an offer that was taken out meanwhile are not left out unsaid."""
        super().clean()
        if any(name.startswith(CELL) and name not in self.fields for name in self.data):
            raise ValidationError(GONE, code="changed")

    def known(self, line: Line, criterion: Criterion) -> Note:
        """The note already kept for a cell."""
        raise NotImplementedError

    def hint(self, line: Line, criterion: Criterion) -> str:
        """What helps to give the note."""
        return f"De 0 à {HIGHEST_NOTE}. {criterion.help_text}".strip()

    def notes(self) -> dict[tuple, Note]:
        """The notes as services take them."""
        said = self.cleaned_data
        return {
            (line.deposit.pk, criterion.pk): Note(
                said[cell_name(line, criterion)], said[f"{cell_name(line, criterion)}-comment"]
            )
            for line, criterion in self.cells
        }


def cell_name(line: Line, criterion: Criterion) -> str:
    """The name of a cell's field: a note is of what was deposited, not of what replaces it."""
    return f"{CELL}{line.deposit.pk}-{criterion.pk}"


class ScoresForm(NotesForm):
    """One's own notes."""

    heading = "Ma grille individuelle"
    button = "Enregistrer mes notes"
    done = "Vos notes sont enregistrées."
    note = (
        "Notez seul·e : vos collègues ne lisent votre grille qu’une fois la leur remise. Vous "
        "pouvez enregistrer une grille incomplète et y revenir."
    )

    is_final = forms.BooleanField(
        label="Remettre ma grille : elle ne changera plus", required=False
    )

    def prepare(self) -> None:
        """The cells with what was kept, then the last question."""
        sheet = ScoreSheet.objects.filter(tender=self.tender, evaluator=self.user).first()
        scores = sheet.scores.all() if sheet else []
        self.kept = {(score.offer_id, score.criterion_id): score for score in scores}
        super().prepare()
        self.fields["is_final"] = self.fields.pop("is_final")

    def known(self, line: Line, criterion: Criterion) -> Note:
        """What this person noted before."""
        score = self.kept.get((line.offer.pk, criterion.pk))
        return Note(score.note, score.comment) if score else Note(None)

    def run(self) -> object:
        """Keep the notes, and hand them in if asked."""
        sheet = save_scores(tender=self.tender, notes=self.notes(), acting_user=self.user)
        if not self.cleaned_data["is_final"]:
            return sheet
        self.saved = "Vos notes sont enregistrées, mais votre grille n’est pas remise."
        self.done = "Votre grille est remise."
        return hand_in(tender=self.tender, acting_user=self.user)


class AgreeForm(NotesForm):
    """The notes on which the panel agrees."""

    heading = "Arrêter les notes ensemble"
    button = "Arrêter ces notes"
    done = "Les notes sont arrêtées."
    note = "Ces notes font le classement. Chaque structure lira les siennes après la décision."

    def prepare(self) -> None:
        """Beside each cell, what each evaluator gave."""
        sheets = ScoreSheet.objects.visible_to(self.user).filter(
            tender=self.tender, handed_in_at__isnull=False
        )
        self.given: dict[tuple, list] = {}
        for sheet in sheets.select_related("evaluator").prefetch_related("scores"):
            for score in sheet.scores.all():
                key = (score.offer_id, score.criterion_id)
                self.given.setdefault(key, []).append((sheet.evaluator, score.note))
        agreed = AgreedScore.objects.filter(offer__invitation__tender=self.tender)
        self.agreed = {(row.offer_id, row.criterion_id): row for row in agreed}
        super().prepare()

    def known(self, line: Line, criterion: Criterion) -> Note:
        """What was agreed before, else the mean of what was given."""
        if row := self.agreed.get((line.offer.pk, criterion.pk)):
            return Note(row.note, row.comment)
        given = [note for _, note in self.given.get((line.offer.pk, criterion.pk), [])]
        if not given:
            return Note(None)
        return Note((sum(given, Decimal(0)) / len(given)).quantize(Decimal("0.01")))

    def hint(self, line: Line, criterion: Criterion) -> str:
        """Who gave what."""
        given = self.given.get((line.offer.pk, criterion.pk), [])
        return " ; ".join(f"{who} : {number(note)}" for who, note in given)

    def run(self) -> object:
        """Agree on them."""
        return agree_scores(tender=self.tender, notes=self.notes(), acting_user=self.user)


class DecideForm(ActForm):
    """One offer retained, or none."""

    heading = "Décider"
    button = "Décider et prévenir tous les participants"
    done = "La décision est prise. Chaque participant est prévenu, et a son courrier."
    note = "Rien ne défait une décision. Chaque participant lit le commentaire."
    phases = SELECTION
    is_serious = True

    outcome = forms.ChoiceField(label="Issue", choices=Outcome.choices, widget=forms.RadioSelect)
    offer = forms.ChoiceField(label="Offre retenue", required=False)
    comment = forms.CharField(
        label="Commentaire",
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        help_text="Tous les participants le liront.",
    )

    def prepare(self) -> None:
        """The offers to choose from, and a reason for each."""
        self.lines, _ = comparison(self.tender, self.user)
        named = [(str(line.offer.pk), choice_of(line)) for line in self.lines]
        self.fields["offer"].choices = [("", "Aucune"), *named]
        for line in self.lines:
            self.fields[f"reason-{line.offer.pk}"] = forms.CharField(
                label=f"Motif, si elle n’est pas retenue : {line.offer.author}",
                max_length=2000,
                required=False,
                widget=forms.Textarea({"rows": 2}),
                help_text="Seuls les auteurs de cette offre le liront.",
            )
        if (line := self.outranked()) is not None:
            self.fields[self.confirmation(line)] = forms.BooleanField(
                label=f"Je retiens l’offre {of(line.offer.author)}, bien qu’elle soit au rang "
                f"{line.rank} : le commentaire dit pourquoi",
                required=False,
            )

    def outranked(self) -> Line | None:
        """The line of the offer that was chosen, when another is better."""
        if self.data.get("outcome") != Outcome.RETAINED:
            return None
        chosen = self.data.get("offer")
        better = [line for line in self.lines if (line.rank or 1) > 1]
        return next((line for line in better if str(line.offer.pk) == chosen), None)

    def confirmation(self, line: Line) -> str:
        """A name of its own for each offer and rank: who ticked it for one did not for another."""
        return f"despite-rank-{line.offer.pk}-{line.rank}"

    def run(self) -> object:
        """Decide."""
        said = self.cleaned_data
        passed = self.outranked()
        chosen = [line.offer for line in self.lines if str(line.offer.pk) == said["offer"]]
        return decide(
            outcome=said["outcome"],
            offer=chosen[0] if chosen else None,
            comment=said["comment"],
            reasons={line.offer: said[f"reason-{line.offer.pk}"] for line in self.lines},
            despite_rank=passed.rank if passed and said[self.confirmation(passed)] else None,
            **self.common,
        )


def choice_of(line: Line) -> str:
    """An offer among others: who, its rank and total."""
    if line.total is None:
        return str(line.offer.author)
    return f"{line.offer.author} (rang {line.rank}, {number(line.total)} sur 100)"


SELECTION_ACTS: dict[str, type[ActForm]] = {
    "ouvrir": OpenForm,
    "interets": ConflictForm,
    "notes": ScoresForm,
    "notes-arretees": AgreeForm,
    "offre-hors-plateforme": OutsideOfferForm,
    "retirer-offre": TakeOutForm,
    "decider": DecideForm,
}
