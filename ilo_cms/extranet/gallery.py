"""The gallery of components, `/composants/`: every part of a page in every state, for developers.

Nothing here reads the database: what it shows is written below.
"""

from datetime import timedelta
from types import SimpleNamespace

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


SKILLS = {
    "Modèle économique": [
        "Étude de marché",
        "Fonds propres et trésorerie",
        "Tarification",
    ],
    "Organisation": [
        "Gouvernance",
        "Mobilisation des bénévoles",
        "Anticonstitutionnellement long intitulé de thématique pluridisciplinaire",
        "Ressources humaines",
    ],
    "Territoire": ["Ancrage local", "Coopération inter-associative", "Évaluation d’impact"],
}


#: What the components are given, by the name their template uses.
EXAMPLES = {
    "kinds": ["success", "info", "warning", "error"],
    "trail": [("Mises en concurrence", "#mec")],
    "counts": [0, 1, 3],
    "badges": [
        ("brouillon", ""),
        ("jusqu’au 3 décembre, 17:00", "wait"),
        ("Réalisée", "good"),
        ("refusée", "bad"),
        ("Engagée", "info"),
    ],
    "tabs": [
        {"label": "Informations générales", "url": "#informations", "current": True},
        {"label": "Contacts principaux", "url": "#contacts", "count": 4},
        {"label": "Réunions à venir", "url": "#reunions", "count": 0},
        {"label": "Documents et ressources", "url": "#documents", "count": 12},
    ],
    "steps": [
        {"label": "Diffusion", "state": "done", "detail": "12 novembre"},
        {"label": "Participation", "state": "done", "detail": "vous participez"},
        {"label": "Dépôt", "state": "now", "detail": "jusqu’au 3 décembre"},
        {"label": "Décision", "state": "todo", "detail": "vers le 10 décembre"},
        {"label": "Signature", "state": "todo"},
    ],
    "todo": [
        {
            "title": "Déposer votre offre : structurer la gouvernance",
            "detail": "Les Jardins partagés",
            "url": "#offre",
            "action": "Préparer l’offre",
            "badge": "jusqu’au 3 décembre, 17:00",
            "kind": "wait",
            "main": True,
        },
        {
            "title": "Remplacer une pièce : extrait Kbis",
            "detail": "« Le fichier ne s’ouvre pas, est-ce bien un PDF ? »",
            "url": "#piece",
            "action": "Remplacer",
            "badge": "refusée",
            "kind": "bad",
        },
        {
            "title": "Répondre à une proposition de réunion",
            "detail": "Claire Aubry propose trois créneaux",
            "url": "#reunion",
            "action": "Choisir un créneau",
        },
    ],
    "facts": [
        ("Bénéficiaire", "Les Jardins partagés, Villeurbanne"),
        ("Montant", "5 400,00 € hors taxes"),
        ("Convention", ""),
    ],
}


class GalleryForm(forms.Form):
    """One field of each kind. Sent empty it shows every error; one field waits for moderation."""

    name = forms.CharField(
        label="Dénomination", help_text="Telle qu’inscrite à l’INSEE : CONSEIL SOL"
    )
    naf = forms.RegexField(
        label="Code NAF",
        regex=r"^\d\d\.\d\d[A-Z]$",
        error_messages={
            "invalid": "Un code NAF a quatre chiffres et une lettre, par exemple 70.22Z."
        },
    )
    size = forms.ChoiceField(
        label="Effectif",
        choices=[("", "Choisir"), ("1", "1 à 9 personnes"), ("10", "10 à 49 personnes")],
        required=False,
    )
    presentation = forms.CharField(
        label="Présentation",
        help_text="Lue par les chargé·es d’accompagnement qui cherchent un prestataire.",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )
    taking_part = forms.ChoiceField(
        label="Participez-vous à cette mise en concurrence ?",
        choices=[("yes", "Oui, nous participons"), ("no", "Non, pas cette fois")],
        widget=forms.RadioSelect,
    )
    skills = forms.MultipleChoiceField(
        label="Compétences",
        help_text="Autant que vous voulez.",
        choices=[(group, [(label, label) for label in labels]) for group, labels in SKILLS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    agreed = forms.BooleanField(label="Je confirme que mes informations sont à jour")
    brochure = forms.FileField(
        label="Plaquette", help_text="PDF, 20 Mo au plus.", widget=forms.FileInput, required=False
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["naf"].moderated = True
        self.fields["name"].moderated = True
        self.fields["name"].pending = {
            "requested_label": "Conseil Sol SCOP",
            "live_label": "Conseil Sol",
            "withdraw_url": "#retirer",
        }


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component in every state. Only where settings open the developers' pages."""
    if not settings.DEVELOPER_PAGES:
        raise Http404
    now = timezone.now()
    kept = {"name": "Conseil Sol SCOP", "skills": ["Gouvernance", "Tarification"]}
    rows = Paginator([f"Prestation {number}" for number in range(1, 61)], 20)
    context = EXAMPLES | {
        "form": GalleryForm(initial=kept),
        "wrong_form": GalleryForm({"naf": "70.22"}, prefix="wrong"),
        "notices": [
            SimpleNamespace(
                category="Décision",
                text="Votre offre a été retenue",
                path="#decision",
                created_at=now - timedelta(minutes=5),
                read_at=None,
            ),
            SimpleNamespace(
                category="Évaluation",
                text="Claire Aubry partage avec vous l’évaluation de « Mobiliser les bénévoles »",
                path="",
                created_at=now - timedelta(days=4),
                read_at=now,
            ),
        ],
        "no_page": Paginator([], 20).page(1),
        "only_page": Paginator(["Prestation"], 20).page(1),
        "middle_page": rows.page(2),
    }
    return render(request, "gallery.html", context)
