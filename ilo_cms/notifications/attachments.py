"""What a mail carries besides its texts, made when it leaves.

Notifications stand below the apps whose facts they tell, so those register in `AppConfig.ready()`
who makes the parts of a kind, from its notice.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ilo_cms.notifications.models import Notification


@dataclass(frozen=True)
class Part:
    """One more part: without a name another form of the text, with one a file."""

    content: str | bytes
    media_type: str
    name: str = ""

    @property
    def as_bytes(self) -> bytes:
        """The content as a file holds it."""
        return self.content if isinstance(self.content, bytes) else self.content.encode()


#: From a notice to the parts that its mail carries.
Maker = Callable[[Notification], list[Part]]

_makers: dict[str, Maker] = {}


def register(maker: Maker, *kinds: str) -> None:
    """Have this function make the parts of the mails of these kinds."""
    for kind in kinds:
        _makers[kind] = maker


def parts_of(notice: Notification | None) -> list[Part]:
    """The parts of a notice's mail; none without a notice or for most kinds."""
    maker = _makers.get(notice.kind) if notice else None
    return maker(notice) if maker and notice else []
