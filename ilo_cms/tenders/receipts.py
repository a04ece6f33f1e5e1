"""What an author keeps of an act on their offer: when, what, and its digests (SPEC T7)."""

from django.template.loader import render_to_string

from ilo_cms.core.french import number
from ilo_cms.core.pdf import pdf_of
from ilo_cms.tenders.models import Deposit, DepositKind, LateAttempt
from ilo_cms.tenders.phases import moment


def receipt_lines(deposit: Deposit) -> list[tuple[str, str]]:
    """The facts of an act, as label and value, for the page, the mail and the PDF."""
    place = deposit.offer.invitation
    lines = [
        ("Mise en concurrence", place.tender.title),
        ("Structure", str(place.organisation)),
    ]
    if deposit.offer.cooperator:
        lines.append(("Coopérateur·rice", str(deposit.offer.cooperator.user)))
    lines += [
        ("Acte", f"{deposit.get_kind_display()}, n° {deposit.number}"),
        ("Enregistré le", moment(deposit.at)),
        *reception_lines(deposit),
        ("Par", str(deposit.by)),
    ]
    if deposit.kind != DepositKind.WITHDRAWN:
        lines += content_lines(deposit.content)
    return [*lines, ("Empreinte SHA-256 de l’acte", deposit.digest)]


def reception_lines(deposit: Deposit) -> list[tuple[str, str]]:
    """How and when an offer that an officer entered had arrived, as label and value (T11)."""
    if deposit.received_at is None:
        return []
    return [(f"Reçue par {deposit.get_channel_display().lower()}", moment(deposit.received_at))]


def content_lines(content: dict) -> list[tuple[str, str]]:
    """What was deposited, as label and value."""
    lines = [
        ("Prix", f"{number(content['price'], decimals=2)}\u00a0€"),
        ("Jours", number(content["days"])),
        ("Établissement titulaire", content["place"]),
    ]
    partners = ", ".join(
        f"{each['name']} (peut lire l’offre)" if each["can_read"] else each["name"]
        for each in content["partners"]
    )
    if partners:
        lines.append(("Partenaires", partners))
    if content["message"]:
        lines.append(("Message", content["message"]))
    lines += [
        (each["type"], f"{each['name']} ({each['size']} octets), SHA-256 {each['digest']}")
        for each in content["files"]
    ]
    return lines


def receipt_text(deposit: Deposit) -> str:
    """The receipt as plain text."""
    return as_text("Reçu", receipt_lines(deposit))


def receipt_pdf(deposit: Deposit) -> bytes:
    """The receipt as a PDF."""
    context = {"lines": receipt_lines(deposit), "title": "Reçu de votre offre"}
    return pdf_of(render_to_string("tenders/receipt_pdf.html", context))


def late_text(attempt: LateAttempt) -> str:
    """What is kept of an act that came too late."""
    place = attempt.offer.invitation
    lines = [
        ("Mise en concurrence", place.tender.title),
        ("Structure", str(place.organisation)),
        ("Demande", attempt.get_kind_display()),
        ("Arrivée le", moment(attempt.at)),
        ("Motif", attempt.reason),
    ]
    return as_text("Demande hors délai", lines)


def as_text(title: str, lines: list[tuple[str, str]]) -> str:
    """A title and its facts, one a line."""
    return "\n".join([title, "", *(f"{label} : {value}" for label, value in lines), ""])
