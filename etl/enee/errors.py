"""What stops a load, and what rejects one row."""


class ExportError(Exception):
    """The export cannot be loaded at all. One sentence that names the file and what to do."""


class Rejected(Exception):
    """One row cannot be loaded; the others can. Names the field and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason
