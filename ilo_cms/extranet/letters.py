"""Ready messages to the officer who can do what a page cannot (SPEC P5, A13)."""

from dataclasses import dataclass
from urllib.parse import quote

from ilo_cms.directory.absences import deputies_on, today
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.referentials.models import PlatformSettings


@dataclass(frozen=True)
class Letter:
    """A message to copy, or to send with one click when its address is known."""

    to: str
    address: str
    subject: str
    body: str

    @property
    def href(self) -> str:
        """The link that opens the person's own mail program; empty without address."""
        if not self.address:
            return ""
        return f"mailto:{quote(self.address)}?subject={quote(self.subject)}&body={quote(self.body)}"


def addressee(organisation: Organisation) -> tuple[str, str]:
    """Who can be written to, and where: the referent, while absent their deputy, else the support.

    Both are empty when there is nobody: the message can still be copied.
    """
    referent = organisation.referent
    if referent and referent.is_in_post:
        answering = [*deputies_on(referent, today()), referent]
        for user in [officer.user for officer in answering if officer.user.email]:
            return str(user), user.email
    support = PlatformSettings.current().support_email
    return ("l’assistance nationale", support) if support else ("", "")


def letter(contact: Contact, to: tuple[str, str], subject: str, request: str) -> Letter:
    """A message from a contact to an addressee, signed with their name and organisation."""
    organisation = contact.organisation
    siren = f" (SIREN {organisation.siren})" if organisation.siren else ""
    return Letter(*to, subject, f"Bonjour,\n\n{request}\n\n{contact.user}\n{organisation}{siren}")


def wrong_place(contact: Contact, to: tuple[str, str]) -> Letter:
    """What to write when the establishment shown is not one's own (SPEC P5)."""
    place = contact.establishment
    siret = f", SIRET {place.siret}" if place and place.siret else ""
    shown = f"Je ne dépends pas de l’établissement indiqué dans ILO ({place}{siret})."
    return letter(
        contact,
        to,
        "Changement d’établissement",
        f"{shown if place else 'ILO ne me rattache à aucun établissement.'}\nLe bon SIRET est : ",
    )
