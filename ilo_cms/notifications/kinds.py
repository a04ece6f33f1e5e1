"""Everything the platform ever says, in one list: a kind of notice, its words, its mail.

Texts are French format strings; the fields they name must be given to `notify`. Whether a notice is
still true is for the apps above to say (ilo_cms.notifications.conditions).
"""

from dataclasses import dataclass
from string import Formatter


@dataclass(frozen=True)
class Kind:
    """One kind of notice. A compulsory one cannot be turned off (SPEC N2).

    `label` is its name on the page of preferences, where `for_officers` hides it from everyone
    else.
    """

    name: str
    category: str
    subject: str
    text: str
    is_compulsory: bool = False
    label: str = ""
    for_officers: bool = False

    @property
    def title(self) -> str:
        """The kind's name for people: its label, or what its mails' subjects begin with."""
        return self.label or self.subject.partition(" : ")[0]

    @property
    def field_names(self) -> list[str]:
        """The merge fields of its texts, in their order."""
        parts = [*Formatter().parse(self.subject), *Formatter().parse(self.text)]
        return list(dict.fromkeys(part[1] for part in parts if part[1]))


KINDS = {
    kind.name: kind
    for kind in [
        Kind(
            "moderation.requested",
            "Modération",
            "Une demande de modération vous attend : {organisation}",
            "{author} ({organisation}) demande de modifier : {fields}.",
            label="Une demande de modération vous attend",
            for_officers=True,
        ),
        Kind(
            "moderation.decided",
            "Modération",
            "Votre demande de modification a été traitée",
            "{officer} a traité votre demande pour {organisation}. {outcome}",
            label="Votre demande de modification a été traitée",
        ),
        Kind(
            "email.confirm",
            "Sécurité",
            "Confirmez votre nouvelle adresse électronique",
            "Votre nouvelle adresse, {email}, a été acceptée. Elle deviendra votre identifiant "
            "quand vous l’aurez confirmée par le lien reçu à cette adresse.",
            is_compulsory=True,
            label="Changement de votre adresse de connexion",
        ),
    ]
}
