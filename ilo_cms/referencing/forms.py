"""The forms of the public page. They check what is typed and look up nobody."""

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.core.identifiers import compact, normal_phone, validate_siren
from ilo_cms.directory.contacts import check_personal
from ilo_cms.referencing.models import ReferencingRequest, Wish
from ilo_cms.referentials.models import Territory


#: A form younger than this was not filled by a person, and an older one is asked for anew.
YOUNGEST, OLDEST = 3, 24 * 3600
#: The field that no person sees: programs that fill everything give themselves away.
TRAP = "adresse_bis"
SIGNER = signing.TimestampSigner(salt="referencing")
USAGE = (
    "Elles sont lues par les chargé·es d’accompagnement et l’administration nationale du DLA, et "
    "ne servent qu’à traiter votre demande et à créer votre fiche. Vous pouvez demander à tout "
    "moment à les corriger ou à les effacer."
)


class DepartmentField(forms.TypedChoiceField):
    """A département, by its code. What is typed is compared here, never sent to the database."""

    def __init__(self, **kwargs) -> None:
        super().__init__(choices=departments, coerce=self.territory, empty_value=None, **kwargs)

    @staticmethod
    def territory(code: str) -> Territory:
        """The row of a code that was offered."""
        return Territory.objects.get(kind=Territory.Kind.DEPARTMENT, code=code)


def departments() -> list[tuple[str, str]]:
    """Every département by code."""
    rows = Territory.objects.filter(kind=Territory.Kind.DEPARTMENT).order_by("code")
    return [("", "Choisissez"), *((row.code, f"{row.code} · {row.label}") for row in rows)]


class DepartmentForm(forms.Form):
    """Whose officers to show."""

    departement = DepartmentField(label="Département")


class RequestForm(forms.ModelForm):
    """What a visitor asks for."""

    opened = forms.CharField(widget=forms.HiddenInput, required=False)
    wish = forms.ChoiceField(label="Vous demandez", choices=Wish.choices, widget=forms.RadioSelect)
    siren = forms.CharField(
        label="SIREN de la structure", max_length=20, help_text="Neuf chiffres."
    )
    department = DepartmentField(label="Département de la structure")
    phone = forms.CharField(
        label="Téléphone",
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    message = forms.CharField(
        label="Message",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="4 000 caractères au plus.",
    )
    consent = forms.BooleanField(
        label="J’accepte cet usage de mes informations",
        help_text=USAGE,
        error_messages={"required": "Cochez cette case pour envoyer votre demande."},
    )
    field_order = [
        "opened",
        "wish",
        "department",
        "siren",
        "organisation_name",
        "last_name",
        "first_name",
        "email",
        "phone",
        "function",
        "message",
        "consent",
    ]

    class Meta:
        model = ReferencingRequest
        fields = [
            "wish",
            "siren",
            "organisation_name",
            "last_name",
            "first_name",
            "email",
            "function",
            "department",
            "phone",
            "message",
        ]
        labels = {
            "organisation_name": "Nom de la structure",
            "last_name": "Votre nom",
            "first_name": "Votre prénom",
            "function": "Votre fonction",
        }
        help_texts = {
            "email": "La vôtre, nominative : elle deviendra votre identifiant.",
        }
        widgets = {
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "organisation_name": forms.TextInput(attrs={"autocomplete": "organization"}),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.initial["opened"] = SIGNER.sign("")

    def validate_constraints(self) -> None:
        """Left to the service: a request that waits already is answered like a new one."""

    def clean_siren(self) -> str:
        """Nine digits, typed with or without spaces."""
        siren = compact(self.cleaned_data["siren"])
        validate_siren(siren)
        return siren

    def clean_email(self) -> str:
        """A personal address, as accounts store it."""
        email = User.normal_email(self.cleaned_data["email"]) or ""
        check_personal(email)
        return email

    def clean(self) -> dict:
        """The phone follows the département's numbering plan; then, whether a person typed this."""
        cleaned = super().clean()
        department = cleaned.get("department")
        try:
            cleaned["phone"] = normal_phone(
                cleaned.get("phone", ""), department.code if department else ""
            )
        except ValidationError as error:
            self.add_error("phone", error)
        self.check_person()
        return cleaned

    def check_person(self) -> None:
        """Refuse what a program sent. A person who is refused by mistake only sends again."""
        posted = self.data.get("opened", "")
        try:
            SIGNER.unsign(posted, max_age=OLDEST)
        except signing.BadSignature as error:
            self.data = self.data.copy()
            self.data["opened"] = SIGNER.sign("")
            raise ValidationError(
                "Cette page était ouverte depuis trop longtemps. Relisez votre saisie, puis "
                "envoyez de nouveau."
            ) from error
        if self.errors:
            return
        if self.data.get(TRAP):
            raise ValidationError(
                "Cet envoi ressemble à celui d’un programme. Si vous êtes une personne, envoyez "
                "de nouveau : votre saisie est gardée."
            )
        if younger_than(posted, YOUNGEST):
            raise ValidationError(
                "Le formulaire est parti trop vite pour avoir été relu. Relisez votre saisie, puis "
                "envoyez de nouveau."
            )


def younger_than(signed: str, seconds: int) -> bool:
    """Whether a valid token was signed less than some seconds ago."""
    try:
        SIGNER.unsign(signed, max_age=seconds)
    except signing.SignatureExpired:
        return False
    return True


class OutcomeForm(forms.Form):
    """What became of a request."""

    outcome = forms.CharField(
        label="Suite donnée",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Par exemple : structure créée, accès ouvert, déjà référencée sous un autre nom.",
    )
    write = forms.BooleanField(
        label="Envoyer aussi ce texte par courriel à la personne", required=False
    )
