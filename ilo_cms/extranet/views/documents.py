"""Pièces jointes of the provider record: one file per request, as soon as it is chosen (SPEC D2).

A script asks in the same way as the plain form, and is answered the slot's new content as JSON.
"""

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import can_write_as
from ilo_cms.document_requests.models import expiring_documents
from ilo_cms.documents.models import Document
from ilo_cms.documents.services import DEPOSITS_A_DAY, deposit, too_large, withdraw
from ilo_cms.documents.uploads import REFUSALS, no_file, refusal
from ilo_cms.extranet.access import acting_contact_required
from ilo_cms.extranet.kept_forms import ACTING_AS
from ilo_cms.referentials.models import DocumentType


#: The record's slots by type: whether the file is the contact's own, and its heading.
SLOTS = {
    "cv": (True, "Votre CV"),
    "kbis": (False, "Kbis de votre structure"),
    "plaquette": (False, "Plaquette de votre structure"),
}
OTHER_TAB = (
    "Cette page a été ouverte au titre d’une autre structure : rien n’a été envoyé. "
    "Rechargez-la, puis recommencez."
)
GONE = (
    "La pièce à remplacer vient d’être remplacée ou retirée : rien n’a été enregistré. "
    "Rechargez la page, puis choisissez à nouveau votre fichier."
)


class UploadForm(forms.Form):
    """The field of one slot, with its formats and limit in words."""

    #: The label where a file is already: the next one takes its place.
    another = "Choisir un autre fichier"
    file = forms.FileField(required=False, widget=forms.FileInput)

    def __init__(self, document_type: DocumentType, has_one: bool, error: str) -> None:
        super().__init__({} if error else None, auto_id=f"id_{slugify(document_type.code)}_%s")
        field = self.fields["file"]
        field.label = self.another if has_one else "Choisir un fichier"
        field.help_text = (
            f"{document_type.readable_formats}, {document_type.maximum_megabytes} Mo au plus. "
            f"{DEPOSITS_A_DAY} envois par jour au plus."
        )
        accepted = [f".{name}" for name in document_type.extensions]
        accepted += [".jpeg"] if ".jpg" in accepted else []
        field.widget.attrs |= {
            "accept": ",".join(accepted),
            "data-limit": document_type.maximum_bytes,
            "data-too-large": too_large(document_type),
        }
        if error:
            self.add_error("file", error)


@dataclass(frozen=True)
class Slot:
    """One type of document of the record, and the files in force there."""

    type: DocumentType
    heading: str
    owner: Contact | None
    documents: list[Document]

    def form(self, error: str = "") -> UploadForm:
        """The upload field, with what is wrong."""
        return UploadForm(self.type, bool(self.documents), error)


def renewable_types(request: HttpRequest) -> list[DocumentType]:
    """The other types with a validity that the record holds, or of which a document soon ends.

    What ends is renewed here before anybody asks for it again (SPEC D6).
    """
    own = Document.objects.visible_to(request.user, request.contact)
    own = own.filter(organisation=request.contact.organisation).order_by()
    ending = expiring_documents(timezone.localdate()).values("pk")
    held = Q(pk__in=own.current().of_records().values("pk")) | Q(pk__in=ending)
    rows = DocumentType.objects.filter(pk__in=own.filter(held).values("type"))
    return [kind for kind in rows.exclude(code__in=SLOTS) if kind.is_renewable]


def slots(request: HttpRequest) -> dict[str, Slot]:
    """The record's slots as this contact sees them: those of all, then what is to be renewed."""
    contact = request.contact
    renewed = renewable_types(request)
    types = DocumentType.objects.active().filter(code__in=SLOTS).in_bulk(field_name="code")
    types |= {kind.code: kind for kind in renewed}
    headings = SLOTS | {kind.code: (False, kind.label) for kind in renewed}
    documents = list(
        Document.objects.visible_to(request.user, contact)
        .current()
        .of_records()
        .filter(organisation=contact.organisation, type__in=types.values())
        .select_related("type", "organisation")
    )
    found = {}
    for code, (personal, heading) in headings.items():
        if code in types:
            owner = contact if personal else None
            here = [
                row
                for row in documents
                if row.type_id == types[code].pk and row.contact_id == (owner and owner.pk)
            ]
            found[code] = Slot(types[code], heading, owner, here)
    return found


@acting_contact_required
def record_documents(request: HttpRequest) -> HttpResponse:
    """The record's documents; a POST brings one file.

    One address for both: who must sign in again in between comes back to the page.
    """
    return deposit_document(request) if request.method == "POST" else show(request)


def show(request: HttpRequest, code: str = "", error: str = "", status: int = 200) -> HttpResponse:
    """The page, with what is wrong in one slot or, without one, above them all."""
    found = slots(request)
    context = {
        "slots": [(slot, slot.form(error if code == key else "")) for key, slot in found.items()],
        "error": "" if code in found else error,
        "contact": request.contact,
        "writing": can_write_as(request.contact),
    }
    return render(request, "extranet/documents.html", context, status=status)


def deposit_document(request: HttpRequest) -> HttpResponse:
    """Take one file into its slot, in place of the one that the form showed there."""
    code = request.POST.get("type", "")
    if request.POST.get(ACTING_AS) != str(request.contact.pk):
        return answer(request, code, OTHER_TAB, status=409)
    slot = slots(request).get(code)
    if slot is None:
        return answer(request, "", "Cette pièce n’est plus demandée. Rechargez la page.", 422)
    file = request.FILES.get("file")
    if file is None:
        return answer(request, code, *no_file(request, slot.type))
    try:
        _, is_new = deposit(
            file=file,
            document_type=slot.type,
            organisation=request.contact.organisation,
            owner=slot.owner,
            acting_user=request.user,
            acting_as=request.contact,
            replaces=shown(request, slot),
        )
    except REFUSALS as error:
        return answer(request, code, *refusal(error))
    said = "est enregistré." if is_new else "était déjà enregistré : rien n’a changé."
    return answer(request, code, f"Votre fichier {said}", 200)


def shown(request: HttpRequest, slot: Slot) -> Document | None:
    """The file that the form showed in its slot, in force or not; None when it showed none.

    Raises ValidationError when what it names was never there.
    """
    named = request.POST.get("replaces")
    if not named:
        return slot.documents[0] if slot.documents else None
    here = Document.objects.visible_to(request.user, request.contact).filter(
        organisation=request.contact.organisation, type=slot.type, contact=slot.owner
    )
    try:
        return here.get(pk=named)
    except (ValidationError, Document.DoesNotExist) as error:
        raise ValidationError(GONE, code="conflict") from error


def answer(request: HttpRequest, code: str, said: str, status: int) -> HttpResponse:
    """Tell what became of a file: to the script the slot's new content, else a page."""
    refused = status != 200
    if request.headers.get("X-Requested-With") == "upload":
        html, slot = "", slots(request).get(code)
        if slot:
            context = {
                "slot": slot,
                "form": slot.form(said if refused else ""),
                "contact": request.contact,
                "writing": can_write_as(request.contact),
            }
            html = render_to_string("extranet/_documents.html", context, request)
        return JsonResponse({"said": said, "html": html}, status=status)
    if refused:
        return show(request, code, said, status)
    messages.success(request, said)
    return redirect(f"{reverse('record_documents')}#piece-{slugify(code)}")


@require_POST
@acting_contact_required
def withdraw_document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a file out of its slot."""
    if request.POST.get(ACTING_AS) != str(request.contact.pk):
        return show(request, error=OTHER_TAB, status=409)
    own = (
        Document.objects.visible_to(request.user, request.contact)
        .of_records()
        .filter(organisation=request.contact.organisation)
    )
    document = get_object_or_404(own, pk=pk)
    withdraw(document=document, acting_user=request.user, acting_as=request.contact)
    messages.success(request, "Le fichier est retiré de votre fiche.")
    return redirect("record_documents")
