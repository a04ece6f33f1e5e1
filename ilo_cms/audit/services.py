"""Adding to the log and proving that nobody touched it."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import capfirst

from ilo_cms.audit.actions import ACTIONS
from ilo_cms.audit.models import AuditDetail, AuditEvent, AuditHead
from ilo_cms.core.turns import atomic_in_turn


Answer = TypeVar("Answer")

#: Who of the support acts through somebody else's account while this request is answered (SPEC
#: A12); empty otherwise. Set by the support's middleware; policies read it, the log keeps it.
assistant: ContextVar[str] = ContextVar("assistant", default="")


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, dates and decimals as text."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, cls=DjangoJSONEncoder
    )


def sha256(text: str) -> str:
    """Hexadecimal SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def chained_digest(event: AuditEvent) -> str:
    """What an event's digest must be: its own fields and the digest before it."""
    fields = [
        event.sequence,
        event.at.isoformat(),
        event.action,
        event.actor_id,
        event.organisation_id,
        event.target_type,
        event.target_id,
        event.detail_digest,
        event.previous,
    ]
    return sha256(canonical(fields))


def logged(service: Callable[..., Answer]) -> Callable[..., Answer]:
    """Run a service in one transaction that takes the log's lock before any other.

    Every change ends in the log, so every change waits for its end of chain. Taking that lock first
    gives all services one order of locks: two of them can then never wait for each other.
    """

    @wraps(service)
    @atomic_in_turn
    def wrapper(*args: Any, **kwargs: Any) -> Answer:
        AuditHead.objects.select_for_update().get_or_create(pk=1)
        return service(*args, **kwargs)

    return wrapper


@transaction.atomic(savepoint=False)  # what cannot be logged must not happen
def record(
    action: str,
    *,
    actor: models.Model | None,
    target: models.Model | None = None,
    organisation: models.Model | None = None,
    **words: Any,
) -> AuditEvent:
    """Add one act to the log, in the caller's transaction.

    `action` is a key of ACTIONS; `words` are the readable part (before, after, comment …), stored
    beside the chain with the names of actor and target so that they can be erased. What the support
    does through somebody else's account says so there, under `assistance`.
    Raises KeyError on an action that nobody registered.
    """
    ACTIONS[action]
    head, _ = AuditHead.objects.select_for_update().get_or_create(pk=1)
    salt = secrets.token_hex(16)
    if assistant.get():
        words["assistance"] = assistant.get()
    content = json.loads(
        canonical({"actor": str(actor or ""), "target": str(target or "")} | words)
    )
    event = AuditEvent(
        sequence=head.sequence + 1,
        at=timezone.now(),
        action=action,
        actor_id=str(actor.pk) if actor else "",
        organisation_id=str(organisation.pk) if organisation else "",
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        detail_digest=sha256(salt + canonical(content)),
        previous=head.digest,
    )
    event.digest = chained_digest(event)
    event.save(force_insert=True)
    AuditDetail.objects.create(event=event, salt=salt, content=content)
    head.sequence, head.digest = event.sequence, event.digest
    head.save(update_fields=["sequence", "digest"])
    return event


def log_export(
    sender: type[models.Model], user: models.Model, count: int, filters: list[str], **kwargs: Any
) -> None:
    """Keep who took which list out of the platform, how long and how narrowed (SPEC G3)."""
    record(
        "records.exported",
        actor=user,
        list=capfirst(str(sender._meta.verbose_name_plural)),
        rows=f"{count} ligne{'s' if count > 1 else ''}",
        filters=filters,
    )


def faults() -> Iterator[str]:
    """Every sign of tampering, in words: an edited, missing, inserted or cut row (SPEC G3)."""
    previous, expected = "0" * 64, 1
    events = AuditEvent.objects.order_by("sequence").select_related("detail")
    for event in events.iterator(chunk_size=2000):
        if event.sequence != expected:
            yield f"{expected}: missing, the next row is {event.sequence}"
        if event.previous != previous:
            yield f"{event.sequence}: does not follow the row before it"
        if event.digest != chained_digest(event):
            yield f"{event.sequence}: edited"
        detail = getattr(event, "detail", None)
        if detail and event.detail_digest != sha256(detail.salt + canonical(detail.content)):
            yield f"{event.sequence}: its detail was edited"
        previous, expected = event.digest, event.sequence + 1
    head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    if (head.sequence, head.digest) != (expected - 1, previous):
        yield f"{head.sequence}: the end of the chain was cut"
