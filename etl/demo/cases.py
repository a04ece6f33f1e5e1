"""Live cases of the demonstration, made by the real services so that they shift with today."""

from ilo_cms.directory.models import Contact
from ilo_cms.moderation.fields import RecordField
from ilo_cms.moderation.models import ChangeRequest, Target
from ilo_cms.moderation.services import save_record
from ilo_cms.referentials.models import Certification, Opco


def ask_for_changes() -> int:
    """Two requests that wait for their referent, one in the Rhône and one in the Nord."""
    made = 0
    for email, target, values in [
        (
            "paul@conseil-sol.example",
            Target.ORGANISATION,
            {"opco": Opco.objects.get(code="11").pk, "certifications": qualiopi()},
        ),
        ("leo@coop-atout.example", Target.CONTACT, {"last_name": "Lambert-Roy"}),
    ]:
        contact = Contact.objects.get(user__email=email, ended_on=None)
        if ChangeRequest.objects.filter(contact=contact).exists():
            continue
        row = contact if target == Target.CONTACT else contact.organisation
        asked = {
            name: value
            for name, value in values.items()
            if RecordField(target, row, name).read() != value
        }
        made += bool(save_record(contact=contact, target=target, record_id=row.pk, values=asked))
    return made


def qualiopi() -> list[int]:
    """The key of the Qualiopi certification, as a list."""
    return list(
        Certification.objects.filter(code__icontains="qualiopi").values_list("pk", flat=True)
    )
