"""What a kind of notice is; `kinds` lists them all."""

from dataclasses import dataclass
from string import Formatter


@dataclass(frozen=True)
class Kind:
    """One kind of notice. A compulsory one cannot be turned off (SPEC N2).

    `label` is its name on the page of preferences, where `for_officers` hides it from everyone
    else. That a sealed one was told is no news for the intranet: its lists never show it (SPEC T9).
    """

    name: str
    category: str
    subject: str
    text: str
    is_compulsory: bool = False
    label: str = ""
    for_officers: bool = False
    is_sealed: bool = False

    @property
    def title(self) -> str:
        """The kind's name for people: its label, or what its mails' subjects begin with."""
        return self.label or self.subject.partition(" : ")[0]

    @property
    def field_names(self) -> list[str]:
        """The merge fields of its texts, in their order."""
        parts = [*Formatter().parse(self.subject), *Formatter().parse(self.text)]
        return list(dict.fromkeys(part[1] for part in parts if part[1]))
