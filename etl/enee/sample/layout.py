"""Files and columns of the export; the first column of a file is its identifier."""

STAGE_DATES = [
    "DATE_ACCUEIL", "DATE_DIAGNOSTIC", "DATE_PLAN", "DATE_MISE_EN_OEUVRE", "DATE_SUIVI",
    "DATE_CLOTURE",
]  # fmt: skip
COLUMNS = {
    "codes": ["CODE", "LISTE", "LIBELLE"],
    "structures_porteuses": [
        "ID_STRUCTURE_PORTEUSE", "LIBELLE", "SIRET", "DEPARTEMENT", "ADRESSE", "CODE_POSTAL",
        "VILLE", "TELEPHONE", "MEL",
    ],
    "charges_mission": [
        "ID_CHARGE_MISSION", "ID_STRUCTURE_PORTEUSE", "CIVILITE", "NOM", "PRENOM", "MEL",
        "TELEPHONE", "DATE_DEPART",
    ],
    "prestataires": [
        "ID_PRESTATAIRE", "RAISON_SOCIALE", "SIGLE", "SIREN", "STATUT_JURIDIQUE", "CODE_NAF",
        "SITE_WEB", "THEMES", "SECTEURS", "ZONES", "AGREMENTS", "CAE", "CHARGE_MISSION", "ACTIF",
        "DATE_CREATION", "OBSERVATIONS",
    ],
    "etablissements": [
        "ID_ETABLISSEMENT", "ID_PRESTATAIRE", "SIRET", "ENSEIGNE", "ADRESSE", "COMPLEMENT",
        "CODE_POSTAL", "VILLE", "TELEPHONE", "MEL", "SIEGE",
    ],
    "intervenants": [
        "ID_INTERVENANT", "ID_PRESTATAIRE", "ID_ETABLISSEMENT", "CIVILITE", "NOM", "PRENOM",
        "FONCTION", "MEL", "TELEPHONE", "THEMES", "SECTEURS", "DATE_ENTREE", "DATE_SORTIE",
        "OBSERVATIONS",
    ],
    "beneficiaires": [
        "ID_BENEFICIAIRE", "RAISON_SOCIALE", "SIRET", "STATUT_JURIDIQUE", "CODE_NAF", "SECTEUR",
        "ADRESSE", "CODE_POSTAL", "VILLE", "TELEPHONE", "MEL", "SITE_WEB", "NB_SALARIES",
        "DATE_CREATION", "OBSERVATIONS",
    ],
    "responsables": [
        "ID_RESPONSABLE", "ID_BENEFICIAIRE", "CIVILITE", "NOM", "PRENOM", "FONCTION", "MEL",
        "TELEPHONE",
    ],
    "accompagnements": [
        "ID_ACCOMPAGNEMENT", "ID_BENEFICIAIRE", "ID_STRUCTURE_PORTEUSE", "CHARGE_MISSION",
        "INTITULE", "SECTEUR", "ETAPE", *STAGE_DATES, "OBSERVATIONS",
    ],
    "prestations": [
        "ID_PRESTATION", "ID_ACCOMPAGNEMENT", "ID_PRESTATAIRE", "ID_ETABLISSEMENT",
        "ID_INTERVENANT", "INTITULE", "THEME", "MONTANT_TTC", "NB_JOURS", "DATE_DEBUT",
        "DATE_FIN", "STATUT",
    ],
    "documents": [
        "ID_DOCUMENT", "OBJET", "ID_OBJET", "TYPE_DOCUMENT", "NOM_FICHIER", "DATE_DEPOT",
        "TAILLE_KO",
    ],
}  # fmt: skip
