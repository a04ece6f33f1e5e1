"""How a check says no: one plain French sentence that says what to do."""


class Refused(Exception):
    """A file that is not kept. Its text is the sentence that the person reads."""

    @property
    def sentence(self) -> str:
        """What the person reads."""
        return str(self.args[0])


EMPTY = "Ce fichier est vide. Vérifiez-le sur votre ordinateur, puis choisissez-le à nouveau."
WRONG_CONTENT = (
    "Ce fichier se termine par .{extension}, mais son contenu est autre chose. "
    "Ouvrez-le, enregistrez-le au format {label}, puis envoyez-le à nouveau."
)
DAMAGED = (
    "Ce fichier est abîmé ou incomplet : il ne s’ouvre pas. "
    "Enregistrez-le à nouveau au format {label}, puis réessayez."
)
TOO_COMPLEX = (
    "Ce fichier est trop complexe pour être vérifié. "
    "Enregistrez-le à nouveau en PDF, sans pièce jointe ni élément actif, puis réessayez."
)
DISGUISED = (
    "Ce fichier cache un autre contenu que celui de son format. "
    "Ouvrez-le, enregistrez-le à nouveau au format {label}, puis réessayez."
)
