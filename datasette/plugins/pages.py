"""What the French pages need: numbers and dates as France writes them, charts, errors in words."""

import os
from urllib.parse import urlsplit, urlunsplit

from datasette import Response, hookimpl
from datasette import handle_exception as default_errors
from datasette.utils import tilde_encode
from datasette.views.base import DatasetteError


#: Datasette's conditions, in its order, as a reader calls them.
CONDITIONS = {
    "exact": "est égal à",
    "not": "est différent de",
    "contains": "contient",
    "endswith": "finit par",
    "startswith": "commence par",
    "gt": "est supérieur à",
    "gte": "est supérieur ou égal à",
    "lt": "est inférieur à",
    "lte": "est inférieur ou égal à",
    "isnull": "est vide",
    "notnull": "n’est pas vide",
}
ERRORS = {
    400: ("Demande impossible", "Cette page ne peut pas être affichée ainsi. Revenez au tableau."),
    403: ("Accès refusé", "Cette page n’est pas ouverte aux lecteurs."),
    404: ("Page introuvable", "Cette page n’existe pas, ou n’existe plus."),
    500: ("Erreur", "La page n’a pas pu être préparée. Réessayez dans un moment."),
}
TOO_LONG = ("Recherche trop longue", "Le résultat demande trop de temps. Précisez les filtres.")
THIN_SPACE = "\u202f"


def number(value, decimals=None):
    """A number as France writes it. Four digits stay together, as in a year."""
    if isinstance(value, int) and decimals is None:
        decimals = 0
    text = f"{value:,.{2 if decimals is None else decimals}f}"
    if decimals is None:
        text = text.rstrip("0").rstrip(".")
    whole, _, rest = text.partition(".")
    if len(whole.lstrip("-")) <= 5:
        whole = whole.replace(",", "")
    return whole.replace(",", THIN_SPACE) + (f",{rest}" if rest else "")


def bars(columns, rows, chart):
    """A chart's bars, one per row: label, value in words, share of the longest (_bars.html)."""
    label, measure = (list(columns).index(name) for name in chart)
    values = [row[measure] or 0 for row in rows]
    longest = max([*values, 0]) or 1
    decimals = 2 if "€" in chart[1] else None
    return [
        {
            "label": row[label],
            "value": number(value, decimals),
            "share": f"{100 * max(value, 0) / longest:.2f}%",
        }
        for row, value in zip(rows, values, strict=True)
    ]


# Where `rich` is installed Datasette writes every local variable of a failed request to its log,
# cookies included, even for an address that does not exist.
default_errors.rich = None


@hookimpl
def prepare_jinja2_environment(env):
    """The filters of our templates."""
    env.filters["number"] = number
    env.filters["in_address"] = lambda value: tilde_encode(str(value))
    env.filters["local"] = lambda address: urlunsplit(("", "", *urlsplit(address)[2:]))


@hookimpl
def extra_template_vars(datasette, database):
    """Names that our templates use on every page."""
    name = database or datasette.get_database().name

    async def choices(sql):
        """What a reader may choose for one parameter of a ready query."""
        return [row[0] for row in (await datasette.execute(name, sql)).rows]

    return {
        "platform": os.environ["BASE_URL"],
        "conditions": CONDITIONS,
        "bars": bars,
        "choices": choices,
        "checked": (datasette.metadata("databases") or {}).get(name, {}).get("checked"),
        "site": datasette.metadata(),
        "row_counts": lambda database: datasette.get_database(database).cached_table_counts,
    }


@hookimpl
def render_cell(value, column, table, database, datasette):
    """Numbers as France writes them; money always with its cents. Codes are text: they stay."""
    if not isinstance(value, int | float):
        return None
    fields = datasette.table_metadata(database, table).get("fields", {}) if table else {}
    unit = fields.get(column, {}).get("unit", "")
    return number(value, 2 if unit == "€" or "€" in column else None)


@hookimpl
def handle_exception(datasette, request, exception):
    """Errors in French. Datasette's own hook runs too: it writes the trace to the server's log."""
    status = getattr(exception, "status", 500)
    if isinstance(exception, DatasetteError) and status == 500:
        status = 400  # its default, used for what a reader asked and cannot be done
    title, words = ERRORS.get(status, ERRORS[500])
    if getattr(exception, "title", "") == "SQL Interrupted":
        title, words = TOO_LONG
    context = {"ok": False, "status": status, "title": title, "error": words}
    return lambda: error_page(datasette, request, context)


async def error_page(datasette, request, context):
    """One error as a page or as JSON."""
    if request.path.endswith(".json"):
        return Response.json(context, status=context["status"])
    page = await datasette.render_template("error.html", context, request=request)
    return Response.html(page, status=context["status"])
