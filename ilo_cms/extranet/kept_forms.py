"""Nothing typed is lost when a session ends, or another tab signs in, in the middle of a form.

The form is kept in the session and shown again, filled in, to the same contact on the same page.
It is never saved by itself: the person reads it and presses the button again.
"""

import re

from allauth.core.ratelimit import consume
from django.http import HttpRequest, QueryDict

from ilo_cms.moderation.fields import FIELDS, definition, label


SESSION_KEY = "kept_form"
#: The hidden field that says for which contact a form was opened (SPEC A6).
ACTING_AS = "acting_as"
#: Only forms with a text and no password are kept: the record's, a reply, a satisfaction form, a
#: deposit, why a document cannot be given, what is said of a tender.
KEPT = re.compile(
    r"/(mes-informations|evaluations|satisfaction|accompagnements|mises-en-concurrence"
    r"|demandes/[^/]+/impossible)/"
)
#: The texts of a deposit and of an answer without document, with their labels.
DEPOSITED = {"title": "Intitulé", "url": "Lien", "note": "Note", "reason": "Motif"}
#: Those of a tender.
TENDERED = {"text": "Votre question", "price": "Prix", "days": "Jours", "message": "Message"}
MAXIMUM_SIZE = 60_000


def keep(request: HttpRequest) -> bool:
    """Keep a posted form in the session; False when it is none of ours, too large, or foreign.

    So many an hour from one address, when nobody is signed in (ACCOUNT_RATE_LIMITS).
    """
    same_site = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    ours = KEPT.match(request.path) and ACTING_AS in request.POST
    if request.method != "POST" or not ours or not same_site:
        return False
    if request.FILES:
        return False  # its file cannot be kept, and is all that was chosen
    data = request.POST.copy()
    data.pop("csrfmiddlewaretoken", None)
    text = data.urlencode()
    if len(text) > MAXIMUM_SIZE or data.keys() == {ACTING_AS}:
        return False  # too large, or only a button: nothing was typed
    if not request.user.is_authenticated and not consume(request, action="kept_form"):
        return False  # each is a session of a visitor: no one fills the database with them
    request.session[SESSION_KEY] = {"path": request.path, "data": text}
    return True


def restore(request: HttpRequest, posted_to: str = "") -> QueryDict | None:
    """The form kept for this page and this contact, once; None when there is none.

    `posted_to` is the address of the form when it is not the page's own.
    """
    kept = request.session.get(SESSION_KEY)
    if not kept or request.contact is None or kept["path"] != (posted_to or request.path):
        return None
    data = QueryDict(kept["data"])
    if data.get(ACTING_AS) != str(request.contact.pk):
        return None
    del request.session[SESSION_KEY]
    return data


def typed_texts(request: HttpRequest) -> list[tuple[str, str]]:
    """The words typed in a refused form of the record, with their labels, so as to be copied."""
    labels = (
        DEPOSITED
        | TENDERED
        | {
            name: label(target, name)
            for target, names in FIELDS.items()
            for name in names
            if not definition(target, name).is_relation
        }
    )
    return [
        (labels[name], text)
        for name, text in request.POST.items()
        if name in labels and text.strip() not in {"", "on"}
    ] + [
        ("Votre réponse", text)
        for name, text in request.POST.items()
        if (name == "reply" or name.startswith("question_")) and text.strip()
    ]
