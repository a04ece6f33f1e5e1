"""The intranet's page on one's own account: how it looks, and where the rest is changed."""

from wagtail.admin.views import account


class AccountView(account.AccountView):
    """Looks only.

    Names belong to administrators, who change them in "Personnes" with a line in the log; the
    address, the password and the second factor have their own pages; there are no pictures.
    """

    def get_panels(self) -> list:
        """The one panel that concerns nobody else."""
        return [panel for panel in super().get_panels() if panel.name == "theme"]
