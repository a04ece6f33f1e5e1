"""What a contact may read of the log: the history of the record they keep (SPEC M6).

Their organisation, its establishments, its requests, and themself; of colleagues, only what they
did to the organisation, never what changed of their own names, addresses or skills. Who has left
reads up to the day they left.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.readable import changes, requested
from ilo_cms.directory.models import Contact
from ilo_cms.moderation.models import ChangeRequest, Target


#: Acts on the organisation, by the beginning of their name.
OF_RECORD = ["organisation.", "establishment.", "moderation.", "referent.", "record."]
#: Choosing an organisation at sign-in changes nothing of the record.
NO_HISTORY = ["contact.chosen"]
#: The parts of a record that are everybody's; the contact's part is personal.
SHARED = {Target.ORGANISATION, Target.ESTABLISHMENT}


def record_history(contact: Contact) -> QuerySet[AuditEvent]:
    """The acts that this contact may read, latest first."""
    ours = Q()
    for beginning in OF_RECORD:
        ours |= Q(action__startswith=beginning)
    own = Q(target_type="directory.contact", target_id=str(contact.pk))
    own |= Q(target_type="accounts.user", target_id=str(contact.user_id))
    own |= Q(action="email.cancelled", actor_id=str(contact.user_id))
    events = AuditEvent.objects.filter(
        Q(ours, organisation_id=str(contact.organisation_id)) | own
    ).exclude(action__in=NO_HISTORY)
    if contact.ended_on:
        next_day = datetime.combine(contact.ended_on + timedelta(days=1), time())
        events = events.filter(at__lt=timezone.make_aware(next_day))
    return events.select_related("detail").order_by("-sequence")


def with_lines(
    contact: Contact, events: list[AuditEvent]
) -> Iterator[tuple[AuditEvent, list[str]]]:
    """Each act with its lines; of a colleague's request, only what concerns all of them."""
    keys = {event.target_id for event in events if event.action.startswith("moderation.")}
    others = ChangeRequest.objects.filter(pk__in=keys).exclude(contact=contact)
    foreign = {str(pk) for pk in others.values_list("pk", flat=True)}
    for event in events:
        lines = requested(event, SHARED) if event.target_id in foreign else changes(event)
        yield event, list(lines)
