"""The intranet's pages of evaluations, one module per noun."""

from django.urls import reverse


def page(title: str, index: str, label: str) -> dict:
    """What the skeleton of a page below a list needs: its title and the way back."""
    return {
        "header_title": title,
        "header_icon": "clipboard-list",
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": "Accueil"},
            {"url": reverse(index), "label": label},
            {"url": "", "label": title},
        ],
    }
