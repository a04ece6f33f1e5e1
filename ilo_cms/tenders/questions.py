"""Answering what an invited organisation asks: to all, the asker unnamed (SPEC T10)."""

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.engagements.changes import needed
from ilo_cms.tenders.changes import locked_tender
from ilo_cms.tenders.diffusion import check_running, log_act
from ilo_cms.tenders.models import Question
from ilo_cms.tenders.notices_calls import sent, tell_invited
from ilo_cms.tenders.policies import can_run


#: A question may be long: notices and mails quote this much of it.
QUOTED = 500


@logged
def answer_question(*, question: Question, answer: str, acting_user: User) -> Question:
    """Answer a question, once, before deposits end; all invited read both.

    Raises PermissionDenied, ValidationError: coded "changed" when a colleague answered it.
    """
    tender, now = locked_tender(question.tender)
    can_run(acting_user, tender).enforce()
    row = Question.objects.select_related("answered_by").get(pk=question.pk)
    if row.answered_at:
        sentence = f"{row.answered_by} vient de répondre à cette question : {row.answer}"
        raise ValidationError(sentence, code="changed")
    check_running(tender, now)
    row.answer = needed(answer, "Écrivez la réponse : tous les sollicités la liront.", "answer")
    row.answered_at, row.answered_by = now, acting_user
    row.full_clean(exclude=["tender", "invitation", "asked_by"])
    row.save(update_fields=["answer", "answered_at", "answered_by"])
    tell_invited(
        "tender.question_answered",
        tender,
        sent(tender),
        question=shortened(row.text),
        answer=shortened(row.answer),
    )
    log_act("tender.question_answered", tender, acting_user, question=row.text, answer=row.answer)
    return row


def shortened(text: str) -> str:
    """The beginning of a text; the page has the rest."""
    return text if len(text) <= QUOTED else f"{text[:QUOTED].rstrip()}…"
