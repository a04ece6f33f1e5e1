"""The intranet's pages of mails, for administrators: sending one again, editing the texts."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from wagtail.admin.utils import get_valid_next_url_from_request

from ilo_cms.core.french import filled, sorting_key
from ilo_cms.notifications.kinds import KINDS, Kind
from ilo_cms.notifications.mails import html_mail, mail_body, one_line
from ilo_cms.notifications.models import MailTemplate, OutboxMessage
from ilo_cms.notifications.policies import can_edit_mail_texts, can_resend
from ilo_cms.notifications.services import ERASED, resend
from ilo_cms.notifications.texts import (
    check,
    example_words,
    fits,
    reset_mail_text,
    save_mail_text,
)


def resend_mail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask to confirm, then send a mail again; 409 when there is nothing to send again."""
    can_resend(request.user).enforce()
    message = get_object_or_404(OutboxMessage.objects.visible_to(request.user), pk=pk)
    back = get_valid_next_url_from_request(request) or reverse("outbox:index")
    status = 200
    if request.method == "POST":
        try:
            resend(message=message, acting_user=request.user)
        except ValidationError as error:
            messages.error(request, error.message)
            status = 409
        else:
            messages.success(request, f"« {message.subject} » part à nouveau.")
            return redirect(back)
    context = {"message": message, "erased": ERASED, "back": back}
    return render(request, "notifications/resend.html", context, status=status)


def mail_texts(request: HttpRequest) -> HttpResponse:
    """Every kind of mail, and whether its text is the original one."""
    can_edit_mail_texts(request.user).enforce()
    changed = set(MailTemplate.objects.values_list("kind", flat=True))
    kinds = sorted(KINDS.values(), key=lambda kind: sorting_key(f"{kind.category}: {kind.title}"))
    rows = [(kind, kind.name in changed) for kind in kinds]
    return render(request, "notifications/mail_texts.html", {"rows": rows})


class MailTextForm(forms.Form):
    """The words of one kind's mails."""

    # Whether they are empty is asked of the domain, which says what to do then.
    subject = forms.CharField(label="Objet", max_length=200, required=False, widget=forms.TextInput)
    text = forms.CharField(
        label="Texte",
        max_length=5000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def __init__(self, *args, kind: Kind, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean_text(self) -> str:
        """Line ends as mails have them, not as browsers send them."""
        return "\n".join(self.cleaned_data["text"].splitlines())

    def clean(self) -> dict:
        """Both texts can be filled."""
        values = super().clean()
        check(self.kind, values.get("subject", ""), values.get("text", ""))
        return values

    def preview(self) -> dict[str, str]:
        """Subject and text of what is typed, filled as `example_words` says."""
        words = example_words(self.kind)
        values = self.cleaned_data if self.is_bound else self.initial
        return {name: filled(values[name], words) for name in ("subject", "text")}


def explained_fields(kind: Kind) -> list[tuple[str, str]]:
    """Each merge field with an example of what it holds."""
    words = example_words(kind)
    return [(name, words[name]) for name in kind.field_names]


def mail_text(request: HttpRequest, kind_name: str) -> HttpResponse:
    """Show the text of a kind with its preview; POST previews, saves or resets it."""
    can_edit_mail_texts(request.user).enforce()
    kind = KINDS.get(kind_name)
    if kind is None:
        raise Http404
    act = request.POST.get("act") if request.method == "POST" else None
    if act == "reset":
        reset_mail_text(kind_name=kind_name, acting_user=request.user)
        messages.success(request, "Le texte d’origine est rétabli.")
        return redirect("mail_text", kind_name)
    template = MailTemplate.objects.filter(kind=kind_name).first()
    source = template or kind
    initial = {"subject": source.subject, "text": source.text}
    # Words that no longer fit their kind are shown with what is wrong in them.
    kept = initial if template and not fits(kind, **initial) else None
    form = MailTextForm(request.POST if act else kept, initial=initial, kind=kind)
    if act == "save" and form.is_valid():
        save_mail_text(kind_name=kind_name, **form.cleaned_data, acting_user=request.user)
        messages.success(request, "Le texte est enregistré : il vaut pour les prochains courriels.")
        return redirect("mail_text", kind_name)
    context = {
        "kind": kind,
        "form": form,
        "is_changed": template is not None,
        "fields": explained_fields(kind),
    }
    if not form.is_bound or form.is_valid():
        words = form.preview()
        body = mail_body(request.user, words["text"], "/notifications/")
        subject = one_line(words["subject"])
        context |= {"subject": subject, "body": body, "html": html_mail(subject, body)}
    status = 422 if act and form.errors else 200
    return render(request, "notifications/mail_text.html", context, status=status)
