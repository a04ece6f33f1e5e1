"""Nothing typed is lost when a session ends, or another tab signs in, in the middle of a form.

The form is kept in the session and shown again, filled in, to the same contact on the same page.
It is never saved by itself: the person reads it and presses the button again.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict


SESSION_KEY = "kept_form"
#: The hidden field that says for which contact a form was opened (SPEC A6).
ACTING_AS = "acting_as"
MAXIMUM_SIZE = 200_000
NEVER_KEPT = {"csrfmiddlewaretoken", "password"}


def keep(request: HttpRequest) -> bool:
    """Keep a posted form in the session; False when it is none of ours, too large, or foreign."""
    origin = request.headers.get("Origin", "")
    same_site = urlsplit(origin).netloc == request.get_host()
    if request.method != "POST" or ACTING_AS not in request.POST or not same_site:
        return False
    data = request.POST.copy()
    for name in NEVER_KEPT & set(data):
        del data[name]
    text = data.urlencode()
    if len(text) > MAXIMUM_SIZE:
        return False
    request.session[SESSION_KEY] = {"path": request.path, "data": text}
    return True


def restore(request: HttpRequest) -> QueryDict | None:
    """The form kept for this page and this contact, once; None when there is none."""
    kept = request.session.get(SESSION_KEY)
    if not kept or request.contact is None or kept["path"] != request.path:
        return None
    data = QueryDict(kept["data"])
    if data.get(ACTING_AS) != str(request.contact.pk):
        return None
    del request.session[SESSION_KEY]
    return data
