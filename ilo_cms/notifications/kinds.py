"""Everything the platform ever says, in one list: a kind of notice, its words, its mail.

Texts are French format strings; the fields they name must be given to `notify`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of notice. A compulsory one cannot be turned off (SPEC N2)."""

    name: str
    category: str
    subject: str
    text: str
    is_compulsory: bool = False


KINDS = {
    kind.name: kind
    for kind in [
        Kind(
            "moderation.requested",
            "Modération",
            "Une demande de modération vous attend : {organisation}",
            "{author} ({organisation}) demande de modifier : {fields}.",
        ),
        Kind(
            "moderation.decided",
            "Modération",
            "Votre demande de modification a été traitée",
            "{officer} a traité votre demande pour {organisation}. {outcome}",
        ),
        Kind(
            "email.confirm",
            "Sécurité",
            "Confirmez votre nouvelle adresse électronique",
            "Votre nouvelle adresse, {email}, a été acceptée. Elle deviendra votre identifiant "
            "quand vous l’aurez confirmée par le lien reçu à cette adresse.",
            is_compulsory=True,
        ),
        Kind(
            "document.infected",
            "Sécurité",
            "L’antivirus a refusé une pièce jointe de {organisation}",
            "L’antivirus a refusé « {name} », déposé par {organisation} : {found}. "
            "Le fichier ne peut plus être téléchargé.",
            is_compulsory=True,
        ),
    ]
}
