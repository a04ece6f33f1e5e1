"""Asking for changes and deciding them, as tests say it."""

from threading import Thread

from django.db import connection

from ilo_cms.moderation.decisions import Verdict, decide
from ilo_cms.moderation.models import ChangeRequest, Target
from ilo_cms.moderation.reading import request_fingerprint
from ilo_cms.moderation.services import save_record


def ask(contact, target: Target = Target.ORGANISATION, record=None, **values) -> ChangeRequest:
    """Save values of the organisation, or of another part, as a contact."""
    record = record or (contact if target == Target.CONTACT else contact.organisation)
    return save_record(contact=contact, target=target, record_id=record.pk, values=values)


def decide_all(request, user, *, approved=True, comment="Non.", fingerprint=None) -> ChangeRequest:
    """Accept or refuse every field."""
    return decide(
        change_request=request,
        verdicts={item.pk: Verdict(approved, comment) for item in request.items.all()},
        fingerprint=fingerprint or request_fingerprint(request),
        acting_user=user,
    )


def verdicts(request, answer="yes", comment="", **others) -> dict:
    """What the decision page posts: the same answer to all fields, or another by field name."""
    posted = {"fingerprint": request_fingerprint(request)}
    for item in request.items.all():
        posted[f"verdict_{item.pk}"] = others.get(item.field, answer)
        posted[f"comment_{item.pk}"] = comment
    return posted


def at_once(first, second, refusal: type[Exception]) -> list[Exception]:
    """Run two acts in two threads; returns those of their refusals that are of this kind."""
    refusals = []

    def run(act):
        try:
            act()
        except refusal as error:
            refusals.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refusals
