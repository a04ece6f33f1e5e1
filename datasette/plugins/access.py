"""Who may read the reports: one door before every page, file and error (SPEC R4).

The reader comes with the cookie that the platform signs (ilo_cms/accounts/report_cookie.py).
Without it, or once it has expired, they are sent to the platform, which signs them in and sends
them back.
Environment: DATA_COOKIE_KEY (the key), BASE_URL (where the platform is).
"""

import base64
import hashlib
import hmac
import json
import os
import time
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from datasette import Response, hookimpl
from datasette.utils.asgi import Request


COOKIE = "ilo_data"
READERS = {"analyst", "officer", "administrator"}
#: Pages about the server itself, for administrators only.
INTERNAL = "/-/"
#: Stylesheet and icons: the error page needs them too.
PUBLIC = "/static/"


def environment(name):
    """A variable that Datasette cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise SystemExit(f"{name} is missing: see etl/reporting/serve.py.")
    return value


def read(cookie, key, now):
    """The person a cookie speaks of, None when it has expired. Raises ValueError when it is forged.

    Everything is checked after the signature: until then the text is anyone's.
    """
    body, _, signature = cookie.partition(".")
    expected = base64.urlsafe_b64encode(hmac.digest(key.encode(), body.encode(), hashlib.sha256))
    if not hmac.compare_digest(expected.rstrip(b"="), signature.encode()):
        raise ValueError("the signature is not ours")
    content = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return {"id": content["id"], "role": content["role"]} if content["exp"] > now else None


def cookie_of(scope):
    """The text of our cookie, empty without one."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return ""
            return morsel.value if morsel else ""
    return ""


@hookimpl
def startup(datasette):
    """Refuse to start without the two variables."""
    environment("DATA_COOKIE_KEY")
    environment("BASE_URL")


@hookimpl
def actor_from_request(request):
    """The reader, put in the scope by the door below."""
    return request.scope.get("reader")


@hookimpl
def asgi_wrapper(datasette):
    """The door, and the headers of every answer."""

    def wrap(app):
        async def door(scope, receive, send):
            if scope["type"] != "http":
                return await app(scope, receive, send)
            send = with_headers(send)
            scope = without_base_url(datasette, scope)
            refusal = await judge(datasette, scope, receive)
            if refusal:
                return await refusal.asgi_send(send)
            await app(scope, receive, send)

        return door

    return wrap


def without_base_url(datasette, scope):
    """The request as if it were made at the root.

    Datasette adds base_url to the addresses it makes from the request's, so it must not be there.
    The path stays undecoded, as Datasette's router reads it.
    """
    path = scope.get("raw_path", scope["path"].encode()).partition(b"?")[0]
    base = datasette.setting("base_url").encode()
    while path.startswith(base):  # Datasette's router strips it again: leave nothing to strip
        path = b"/" + path[len(base) :]
    return scope | {"path": path.decode("latin-1"), "raw_path": path}


async def judge(datasette, scope, receive):
    """Let the request in, with its reader in the scope, or say how it is turned away."""
    path = scope["path"]
    if path.startswith(PUBLIC):
        return None
    cookie = cookie_of(scope)
    try:
        reader = read(cookie, environment("DATA_COOKIE_KEY"), time.time()) if cookie else None
    except ValueError:  # no redirect here: with two different keys it would never end
        return await refuse(datasette, scope, receive, FORGED)
    if reader is None:
        query = scope["query_string"].decode("latin-1")
        asked = datasette.setting("base_url") + path[1:] + (f"?{query}" if query else "")
        return Response.redirect(f"{environment('BASE_URL')}/data/?next={quote(asked, safe='/')}")
    scope["reader"] = reader
    if reader["role"] not in READERS:
        return await refuse(datasette, scope, receive, NOT_A_READER)
    if path.startswith(INTERNAL) and reader["role"] != "administrator":
        return await refuse(datasette, scope, receive, INTERNAL_ONLY)
    return None


FORGED = "Votre accès aux rapports n’a pas pu être vérifié. Repassez par ILO pour le renouveler."
NOT_A_READER = "Les rapports sont réservés aux analystes et aux chargé·es d’accompagnement."
INTERNAL_ONLY = "Ces pages techniques sont réservées à l’administration nationale."


async def refuse(datasette, scope, receive, reason):
    """The French page that says why."""
    missing = {"actor": scope.get("reader"), "csrftoken": lambda: ""}
    request = Request(scope | missing, receive)
    return await forbidden_page(datasette, request, reason)


async def forbidden_page(datasette, request, reason):
    """Status 403, with its reason."""
    words = {"title": "Accès refusé", "error": reason, "status": 403}
    page = await datasette.render_template("error.html", words, request=request)
    return Response.html(page, status=403)


@hookimpl
def forbidden(datasette, request, message):
    """Datasette's own refusals (a query of one's own, a download), in French."""
    return lambda: forbidden_page(datasette, request, "Cette page n’est pas ouverte aux lecteurs.")


def with_headers(send):
    """Add to every answer what keeps it on this host, out of frames and of scripts."""
    platform = "{0.scheme}://{0.netloc}".format(urlsplit(environment("BASE_URL")))
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        # A form may meet an expired cookie, hence a detour by the platform.
        f"form-action 'self' {platform}; frame-ancestors 'none'"
    )
    headers = [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
    ]

    async def sending(message):
        if message["type"] == "http.response.start":
            message = message | {"headers": [*message.get("headers", []), *headers]}
        await send(message)

    return sending
