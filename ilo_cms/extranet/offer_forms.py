"""The forms of a provider in a tender: an answer, a question, an offer (SPEC T5, T7, T8, T10)."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.db.models import Model, QuerySet

from ilo_cms.core.amounts import plain_number
from ilo_cms.directory.models import Establishment
from ilo_cms.tenders.models import Invitation, Offer
from ilo_cms.tenders.offers import MOST_PARTNERS, Partner


#: Empty lines for partners below those already named.
SPARE_PARTNERS = 2


class FrenchDecimalField(forms.DecimalField):
    """A number as people type it: "1 250,50 €" as well as 1250.5."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, **kwargs) -> None:
        super().__init__(localize=False, **kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        """Drop spaces of any width and the currency; read the comma."""
        if isinstance(value, str):
            value = plain_number(value)
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """Show a comma, and cents only where there are some."""
        if isinstance(value, Decimal) and value == int(value):
            return str(int(value))
        return f"{value:.2f}".replace(".", ",") if isinstance(value, Decimal) else value


class DeclineForm(forms.Form):
    """Why an organisation does not take part."""

    reason = forms.CharField(
        label="Pourquoi votre structure ne participe-t-elle pas ?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Votre chargé·e d’accompagnement lira cette réponse.",
    )


class QuestionForm(forms.Form):
    """A question to the officer."""

    text = forms.CharField(
        label="Votre question",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="La réponse ira à toutes les structures sollicitées, sans dire qui a posé la "
        "question. N’y écrivez rien de votre offre.",
    )


def only_one(rows: QuerySet) -> Model | None:
    """The row where there is no other: nobody should have to choose it."""
    first, *others = rows[:2] or [None]
    return None if others else first


class OfferForm(forms.Form):
    """What an offer says beside its files. Nothing is compulsory before it is deposited."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    price = FrenchDecimalField(
        label="Prix (€)",
        required=False,
        max_digits=12,
        decimal_places=2,
        help_text="Prix total, par exemple 4 250,50. Il reste scellé jusqu’à l’ouverture.",
    )
    days = FrenchDecimalField(
        label="Jours", required=False, min_value=0, max_digits=6, decimal_places=2
    )
    establishment = forms.ModelChoiceField(
        Establishment.objects.none(),
        label="Établissement titulaire",
        required=False,
        empty_label="Choisissez un établissement",
        help_text="La prestation est rattachée à un seul établissement, même en groupement.",
    )
    message = forms.CharField(
        label="Message",
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, data: Any = None, *, place: Invitation, offer: Offer | None) -> None:
        said = (
            {name: getattr(offer, name) for name in ("price", "days", "message")} if offer else {}
        )
        partners = list(offer.partners.all()) if offer else []
        super().__init__(data, initial={"key": uuid4(), **said})
        rows = place.organisation.establishments.filter(is_active=True)
        self.fields["establishment"].queryset = rows
        for name in ("price", "days", "establishment"):
            self.fields[name].required_for = "déposer"
        if data is None:  # else what was sent says which
            said_before = offer.establishment_id if offer else None
            self.initial["establishment"] = said_before or only_one(rows)
        for number in range(self.lines(data, len(partners))):
            self.add_partner(number, partners[number] if number < len(partners) else None)

    @staticmethod
    def lines(data: Any, named: int) -> int:
        """How many lines for partners: those that were sent, or those named and some more."""
        sent = 0
        while data and f"partner_{sent}_name" in data and sent < MOST_PARTNERS:
            sent += 1
        return sent or min(named + SPARE_PARTNERS, MOST_PARTNERS)

    def add_partner(self, number: int, partner: Any) -> None:
        """The three fields of one partner."""
        label = f"Partenaire {number + 1}"
        fields: dict[str, forms.Field] = {
            "name": forms.CharField(label=f"{label} : nom", required=False, max_length=255),
            "siren": forms.CharField(label=f"{label} : SIREN", required=False, max_length=14),
            "can_read": forms.BooleanField(
                label=f"{label} : peut lire l’offre une fois déposée",
                required=False,
                help_text="Prix compris, avant la date limite : à cocher si ce partenaire ne "
                "répond pas de son côté.",
            ),
        }
        for name, field in fields.items():
            self.fields[f"partner_{number}_{name}"] = field
            if partner:
                self.initial[f"partner_{number}_{name}"] = getattr(partner, name)

    def values(self) -> dict[str, Any]:
        """What `offers.save_draft` takes."""
        return {
            name: self.cleaned_data[name] for name in ("price", "days", "establishment", "message")
        }

    def partners(self) -> list[Partner]:
        """The lines of partners, as `offers.set_partners` takes them."""
        said = self.cleaned_data
        lines = range(sum(name.endswith("_name") for name in self.fields))
        return [
            Partner(
                said[f"partner_{line}_name"].strip(),
                "".join(said[f"partner_{line}_siren"].split()),
                said[f"partner_{line}_can_read"],
            )
            for line in lines
        ]

    @property
    def form_key(self) -> UUID:
        """The key that makes a second click the same act."""
        return self.cleaned_data["key"]

    def renew_key(self) -> None:
        """Let the form, shown again, ask for an act of its own."""
        self.data = self.data.copy()
        self.data["key"] = str(uuid4())

    @property
    def details(self) -> list[forms.BoundField]:
        """The fields of the offer itself."""
        return [self[name] for name in ("price", "days", "establishment", "message")]

    @property
    def partner_lines(self) -> list[forms.BoundField]:
        """The fields of partners."""
        return [self[name] for name in self.fields if name.startswith("partner_")]

    @property
    def names_partners(self) -> bool:
        """Whether something is typed, or wrong, in the fields of partners."""
        return any(field.value() or field.errors for field in self.partner_lines)
