"""What is said of records, accounts and requests to change them."""

from ilo_cms.notifications.kinds.kind import Kind


KINDS = [
    Kind(
        "moderation.requested",
        "Modération",
        "Une demande de modération vous attend : {organisation}",
        "{author} ({organisation}) demande de modifier : {fields}.",
        for_officers=True,
    ),
    Kind(
        "moderation.decided",
        "Modération",
        "Votre demande de modification a été traitée",
        "{officer} a traité votre demande pour {organisation}. {outcome}",
    ),
    Kind(
        "record.confirm",
        "Mes informations",
        "Vos informations sont-elles à jour ? {organisation}",
        "Relisez la fiche de {organisation}, corrigez-la si besoin, puis confirmez qu’elle est "
        "à jour : les chargé·es d’accompagnement s’en servent pour vous solliciter.",
        label="Vos informations sont-elles à jour ?",
    ),
    Kind(
        "referent.replaced",
        "Modération",
        "{officer} est désormais référent·e de {organisation}",
        "{officer} est devenu·e référent·e de {organisation} à votre place. {reason}",
        label="Un·e collègue devient référent·e à votre place",
        for_officers=True,
    ),
    Kind(
        "absence.deputy",
        "Modération",
        "Vous remplacez {officer} du {first} au {last}",
        "{officer} sera absent·e du {first} au {last} inclus et vous a choisi·e pour traiter "
        "ses demandes de modération pendant ce temps.",
        label="Vous remplacez un·e collègue absent·e",
        for_officers=True,
    ),
    Kind(
        "email.requested",
        "Sécurité",
        "Un changement de votre adresse de connexion est demandé",
        "Le remplacement de votre adresse de connexion par {email} a été demandé. Si vous n’en "
        "êtes pas à l’origine, annulez-le par ce lien, sans avoir à vous connecter.",
        is_compulsory=True,
    ),
    Kind(
        "email.confirm",
        "Sécurité",
        "Votre adresse de connexion va changer",
        "Votre nouvelle adresse, {email}, a été acceptée. Elle deviendra votre identifiant "
        "quand vous l’aurez confirmée par le lien reçu à cette adresse. Si vous n’êtes pas à "
        "l’origine de ce changement, annulez-le par ce lien, sans avoir à vous connecter.",
        is_compulsory=True,
    ),
    Kind(
        "email.cancelled",
        "Sécurité",
        "Un changement d’adresse de connexion a été annulé",
        "Le changement de l’adresse de connexion de {person} pour {email} a été annulé depuis "
        "son adresse actuelle.",
        is_compulsory=True,
    ),
    Kind(
        "referencing.requested",
        "Référencement",
        "Une demande de référencement vous attend : {department}",
        "Une demande est arrivée pour le département {department} : « {wish} », SIREN {siren}.",
        for_officers=True,
    ),
    Kind(
        "support.requested",
        "Assistance",
        "Une demande d’assistance vous attend",
        "{author} ({organisation}) demande de l’aide.",
        for_officers=True,
    ),
    Kind(
        "support.answered",
        "Assistance",
        "L’assistance vous a répondu",
        "L’assistance a répondu à votre demande du {day} : {answer}",
    ),
    Kind(
        "account.second_factor_reset",
        "Sécurité",
        "Votre double authentification a été retirée",
        "{administrator} a retiré votre double authentification, à votre demande. Votre mot de "
        "passe suffit à nouveau : ajoutez vite une application d’authentification ou une clé. "
        "Si vous n’avez rien demandé, changez votre mot de passe et prévenez l’assistance.",
        is_compulsory=True,
    ),
    Kind(
        "contact.moved",
        "Compte",
        "Vous êtes maintenant contact de {organisation}",
        "{officer} vous a rattaché·e à {organisation}. {access}",
        label="Vous êtes rattaché·e à une autre structure",
    ),
    Kind(
        "document.infected",
        "Sécurité",
        "L’antivirus a refusé une pièce jointe de {organisation}",
        "L’antivirus a refusé « {name} », déposé par {organisation} : {found}. "
        "Le fichier ne peut plus être téléchargé.",
        is_compulsory=True,
        label="L’antivirus a refusé une pièce jointe",
    ),
]
