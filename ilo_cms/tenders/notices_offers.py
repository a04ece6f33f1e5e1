"""What the provider side tells, to whom, and whether it is still so (SPEC T5, T7, T9, T10).

What a mail says of an offer, beside which act it was, is written when it leaves, from the offer's
own rows: neither a notice nor the outbox ever holds it.
"""

from uuid import UUID

from ilo_cms.core.clock import database_now
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import active_officer
from ilo_cms.documents.models import Document
from ilo_cms.documents.scanning import when_infected
from ilo_cms.notifications import attachments, conditions
from ilo_cms.notifications.attachments import Part
from ilo_cms.notifications.models import Notification
from ilo_cms.notifications.services import notify
from ilo_cms.tenders.models import Deposit, LateAttempt, Offer, OfferFile, Tender
from ilo_cms.tenders.notices_calls import OVER
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.receipts import late_text, receipt_pdf, receipt_text
from ilo_cms.tenders.recipients import current_contacts


RECEIPT, LATE, INFECTED = "tender.receipt", "tender.late", "tender.infected"


def tell_authors(kind: str, offer: Offer, about: UUID, **words: str) -> None:
    """Tell everyone whose offer it is of an act on it, one too late, or an infected file of it."""
    place = offer.invitation
    page = f"{place.tender_id}/offre" if kind == INFECTED else f"offres/{offer.pk}"
    notify(
        kind,
        recipients=[contact.user for contact in authors(offer)],
        organisation_id=place.organisation_id,
        path=f"/mises-en-concurrence/{page}/",
        about_id=about,
        title=place.tender.title,
        **words,
    )


def tell_infected(document: Document) -> None:
    """Tell the authors of a sealed offer that a file of it is infected, which nobody else may know.

    Not of a file that they took out since, unless it stands in what they deposited.
    """
    files = OfferFile.objects.filter(offer__invitation__tender__opening=None, document=document)
    file = files.select_related("offer__invitation__tender").first()
    if file is None:
        return
    if file.removed_at is None or Deposit.objects.standing().filter(documents=document).exists():
        tell_authors(INFECTED, file.offer, file.offer_id)


def authors(offer: Offer) -> list[Contact]:
    """The contacts whose offer it is: in a CAE the cooperator, elsewhere all current ones."""
    contacts = current_contacts([offer.invitation.organisation_id])
    people = contacts.get(offer.invitation.organisation_id, [])
    return [each for each in people if offer.cooperator_id in (None, each.pk)]


def act_of(notice: Notification) -> Deposit | LateAttempt | None:
    """The act that a notice tells of."""
    model = Deposit if notice.kind == RECEIPT else LateAttempt
    rows = model._default_manager.select_related(
        "offer__invitation__tender", "offer__invitation__organisation", "offer__cooperator__user"
    )
    return rows.filter(pk=notice.about_id).first()


def offer_of(notice: Notification) -> Offer | None:
    """The offer that a notice is about."""
    if notice.kind == INFECTED:
        rows = Offer.objects.select_related("invitation__organisation", "cooperator__user")
        return rows.filter(pk=notice.about_id).first()
    act = act_of(notice)
    return act.offer if act else None


def still_an_author(notice: Notification) -> Decision:
    """What is told of an offer goes to those whose it still is."""
    offer = offer_of(notice)
    people = {each.user_id for each in authors(offer)} if offer else set()
    if notice.recipient_id in people:
        return ALLOWED
    return refused("La personne n’est plus contact de la structure.")


def receipt(notice: Notification) -> list[Part]:
    """The receipt as a text and as a PDF."""
    row = act_of(notice)
    if isinstance(row, Deposit):
        return [
            Part(receipt_text(row), "text/plain", name="recu.txt"),
            Part(receipt_pdf(row), "application/pdf", name="recu.pdf"),
        ]
    if isinstance(row, LateAttempt):
        return [Part(late_text(row), "text/plain", name="hors-delai.txt")]
    return []


def officer_still_concerned(notice: Notification) -> Decision:
    """Officers are told while the tender goes on and they are of its team."""
    rows = Tender.objects.select_related("opening", "decision", "engagement")
    tender = rows.filter(pk=notice.about_id).first()
    officer = active_officer(notice.recipient)
    if tender is None or officer is None or officer.operator_id != tender.engagement.operator_id:
        return refused("La personne a quitté l’équipe.")
    if phase(tender, database_now()) in OVER:
        return refused("La mise en concurrence est terminée.")
    return ALLOWED


def register() -> None:
    """Have the mails of our kinds checked and completed when they leave, and viruses told."""
    when_infected(tell_infected)
    conditions.register(still_an_author, RECEIPT, LATE, INFECTED)
    conditions.register(officer_still_concerned, "tender.answered", "tender.question_asked")
    attachments.register(receipt, RECEIPT, LATE)
