"""The whole file of a tender as one ZIP, with an index (SPEC T16), and the opening record (T9).

Everything in it is what the person who asks may read: before the opening, no offer.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import IO

from django.core.exceptions import PermissionDenied
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import strip_tags

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.readable import act, actor
from ilo_cms.core.french import number
from ilo_cms.core.pdf import pdf_of
from ilo_cms.documents.archive import unique
from ilo_cms.documents.models import Document
from ilo_cms.documents.policies import can_read
from ilo_cms.documents.services import open_for_reading
from ilo_cms.tenders.comparison import Line, comparison
from ilo_cms.tenders.models import Channel, Decision, Letter, Opening, Question, ScoreSheet, Tender
from ilo_cms.tenders.models.tender import seated
from ilo_cms.tenders.phases import related
from ilo_cms.tenders.receipts import content_lines, reception_lines
from ilo_cms.tenders.scoring import statement


INDEX = "index.txt"


def opening_pdf(opening: Opening) -> bytes:
    """The opening record as a PDF, with its digest."""
    context = {"opening": opening, "record": opening.record}
    return pdf_of(render_to_string("tenders/opening_pdf.html", context))


def tender_archive(tender: Tender, acting_user: User) -> IO[bytes]:
    """The ZIP: all of a tender from its notice to its log, and their index.

    It is a file without name, which whoever gets it closes: a tender may hold hundreds of MB.
    Each file of an offer is logged as read (SPEC G3); one that may not leave is told in the index.
    """
    file, taken, index = tempfile.TemporaryFile(), {INDEX}, []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, said in parts(tender, acting_user):
            place = unique(name, taken) if content is not None else name
            if content is not None:
                archive.writestr(place, content)
            index.append(f"{place} ; {said}\r\n")
        archive.writestr(INDEX, "\ufeff" + "".join(index))
    file.seek(0)
    return file


def parts(tender: Tender, user: User) -> Iterator[tuple[str, bytes | None, str]]:
    """Each member: its name, its content, and what the index says of it.

    A number of which there is nothing stands in the index too, so that no gap looks like a loss.
    """
    yield "1 avis.txt", text(notice_lines(tender)), "la demande"
    yield "2 sollicitations.txt", text(invitation_lines(tender)), "les structures et leurs réponses"
    questions = Question.objects.visible_to(user).filter(tender=tender)
    yield "3 questions.txt", text(question_lines(questions)), "les questions et leurs réponses"
    attachments = tender.attachments.select_related("document__type")
    if not attachments:
        yield "4 dossier", None, "aucune pièce"
    for attachment in attachments:
        yield from file_part("4 dossier", attachment.document, user)
    opening = related(tender, "opening")
    if not opening:
        yield "5 ouverture", None, "les offres ne sont pas ouvertes"
    elif not opening.was_sealed:
        yield "5 ouverture", None, "conduite hors plateforme : rien n’était à ouvrir ici"
    else:
        yield "5 ouverture.pdf", opening_pdf(opening), f"SHA-256 {opening.digest}"
    lines, _ = comparison(tender, user)
    if not lines:
        yield "6 offres", None, "aucune offre à lire"
    for line in lines:
        yield from offer_parts(line, user)
    statements = tender.conflict_statements.select_related("evaluator")
    if not statements:
        yield "7 intérêts", None, "aucune déclaration d’intérêts"
    else:
        yield "7 intérêts.txt", text(statement_lines(statements)), "les déclarations d’intérêts"
    if scores := score_lines(tender, lines, user):
        yield "8 notes.txt", text(scores), "les notes"
    else:
        yield "8 notes", None, "aucune note"
    yield from ending_parts(tender, user)


def ending_parts(tender: Tender, user: User) -> Iterator[tuple[str, bytes | None, str]]:
    """How it ended: decision, letters, agreement, log."""
    decision = related(tender, "decision")
    if decision is None:
        yield "9 décision", None, "aucune décision"
    else:
        yield "9 décision.txt", text(decision_lines(decision)), "la décision et ses motifs"
    letters = (
        Letter.objects.visible_to(user)
        .filter(invitation__tender=tender)
        .select_related(
            "organisation", "offer__invitation__organisation", "offer__cooperator__user"
        )
    )
    if not letters:
        yield "10 courriers", None, "aucun courrier"
    for letter in letters:
        body = text([letter.subject, "", letter.body])
        whose = letter.offer.author if letter.offer else letter.organisation
        yield f"10 courrier {whose}.txt", body, "courrier de décision"
    yield "11 convention.txt", text(agreement_lines(tender)), "la convention"
    yield "12 journal.txt", text(log_lines(tender)), "ce qui a été fait"


def text(lines: list[str]) -> bytes:
    """Lines as a file that any editor reads."""
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def notice_lines(tender: Tender) -> list[str]:
    """What was asked."""
    is_here = tender.channel == Channel.PLATFORM
    return [
        tender.title,
        f"Bénéficiaire : {tender.engagement.beneficiary}",
        f"Structure porteuse : {tender.engagement.operator}",
        f"{'Diffusée' if is_here else 'Enregistrée'} le : {local(tender.published_at)}",
        f"Réponses jusqu’au : {local(tender.participation_deadline)}",
        f"Dépôt jusqu’au : {local(tender.deposit_deadline)}",
        "",
        need_text(tender.need),
        "",
        *[f"Critère : {criterion}" for criterion in tender.criteria.all()],
        *[f"Document exigé : {kind}" for kind in tender.required_types.all()],
        "",
        *[
            f"{local(event.at)} : {event.get_kind_display()} {event.text}"
            for event in tender.events.all()
        ],
    ]


def need_text(need: str) -> str:
    """The need as plain text, each paragraph and each item on its own line."""
    return unescape(strip_tags(re.sub(r"(?=<li)|</(?:p|h\d)>|<br\s*/?>", "\n", need))).strip()


def invitation_lines(tender: Tender) -> list[str]:
    """Who was asked and what they answered."""
    rows = tender.invitations.filter(seated()).select_related("organisation")
    return [
        " ; ".join(
            filter(
                None,
                [
                    str(row.organisation),
                    row.organisation.siren,
                    "hors plateforme" if row.entered_outside else "",
                    f"sollicitée le {local(row.invited_at)}" if row.invited_at else "",
                    row.get_participation_display(),
                    row.decline_reason,
                ],
            )
        )
        for row in rows
    ]


def question_lines(questions) -> list[str]:
    """What was asked and answered, without who asked."""
    return [
        line
        for question in questions
        for line in (f"{local(question.asked_at)} : {question.text}", f"→ {question.answer}", "")
    ]


def offer_parts(line: Line, user: User) -> Iterator[tuple[str, bytes | None, str]]:
    """An offer as deposited, and its files."""
    folder = f"6 offre {line.offer.author}"
    facts = [*reception_lines(line.deposit), *content_lines(line.deposit.content)]
    said = [f"{label} : {value}" for label, value in facts]
    yield f"{folder} - contenu.txt", text(said), f"SHA-256 de l’acte {line.deposit.digest}"
    for document in line.deposit.documents.select_related("type", "organisation"):
        yield from file_part(folder, document, user)


def file_part(
    folder: str, document: Document, user: User
) -> Iterator[tuple[str, bytes | None, str]]:
    """One stored file; told in the index alone when it may not leave, or is lost."""
    name = f"{folder} - {document.name}"
    try:
        can_read(None, document).enforce()
        with open_for_reading(document=document, acting_user=user) as content:
            yield name, content.read(), f"{document.type} ; SHA-256 {document.digest}"
    except (OSError, PermissionDenied) as error:
        yield name, None, f"absent : {error}"


def score_lines(tender: Tender, lines: list[Line], user: User) -> list[str]:
    """The agreed notes and totals, then each sheet that this person may read."""
    said = []
    for line in lines:
        said.append(f"{line.offer.author} : {said_of(line.total)} sur 100, rang {line.rank or '–'}")
        said += [f"  {note['label']} : {said_of(note['value'])}" for note in line.in_order]
    sheets = ScoreSheet.objects.visible_to(user).filter(tender=tender)
    for sheet in sheets.with_scores():
        said += ["", f"Grille de {sheet.evaluator}"]
        for score in sheet.scores.all():
            comment = f" (« {score.comment} »)" if score.comment else ""
            said.append(f"  {score.offer} ; {score}{comment}")
    return said


def statement_lines(statements) -> list[str]:
    """What each evaluator stated of their interests, and when."""
    return [
        f"{local(said.stated_at)} ; {said.evaluator} ; {statement(said)}" for said in statements
    ]


def decision_lines(decision: Decision) -> list[str]:
    """What was decided, why, by whom, and why not the others."""
    rows = decision.rejections.select_related(
        "offer__invitation__organisation", "offer__cooperator__user"
    )
    return [
        f"{decision.get_outcome_display()}, le {local(decision.decided_at)}",
        f"Par : {decision.decided_by}",
        *([f"Offre retenue : {decision.offer.author}"] if decision.offer else []),
        "",
        decision.comment,
        "",
        *[f"Non retenue : {row.offer.author} ; {row.reason}" for row in rows],
    ]


def said_of(value: Decimal | None) -> str:
    """A note, or a dash while there is none."""
    return "–" if value is None else number(value)


def agreement_lines(tender: Tender) -> list[str]:
    """Where the agreement stands; its text comes with signatures."""
    decision = related(tender, "decision")
    if decision is None or decision.offer is None:
        return ["Aucune convention."]
    return [f"Offre retenue : {decision.offer.author}", "Convention : en cours de signature"]


def log_lines(tender: Tender) -> list[str]:
    """What the log says of this tender."""
    rows = AuditEvent.objects.filter(target_type=tender._meta.label_lower, target_id=tender.pk)
    return [
        f"{local(event.at)} ; {act(event)} ; {actor(event)}"
        for event in rows.select_related("detail").order_by("sequence")
    ]


def local(value) -> str:
    """A moment in Paris, to the second."""
    return f"{timezone.localtime(value):%d/%m/%Y %H:%M:%S}" if value else "–"
