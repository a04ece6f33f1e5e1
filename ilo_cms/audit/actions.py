"""Every act that the log may hold, named once with its French label."""

ACTIONS = {
    "account.created": "Compte créé",
    "account.updated": "Compte modifié",
    "organisation.created": "Structure créée",
    "establishment.created": "Établissement créé",
    "contact.updated": "Contact modifié",
    "organisation.updated": "Structure modifiée",
    "establishment.updated": "Établissement modifié",
    "account.email_changed": "Identifiant changé",
    "contact.created": "Contact créé",
    "contact.chosen": "Structure choisie à la connexion",
    "moderation.requested": "Demande de modération déposée",
    "moderation.withdrawn": "Demande de modération retirée",
    "moderation.decided": "Demande de modération traitée",
    "officer.appointed": "Chargé·e d’accompagnement nommé·e",
    "referent.changed": "Référent·e changé·e",
    "enee.loaded": "Export Enée chargé",
    "insee.applied": "Données INSEE appliquées",
    "reports.published": "Rapports publiés",
}
