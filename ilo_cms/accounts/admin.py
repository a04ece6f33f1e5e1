"""The chooser of people. Their list stands with the directory, which knows the officers."""

from ilo_cms.accounts.models import User
from ilo_cms.core.admin.choosers import RecordChooserViewSet


class UserChooserViewSet(RecordChooserViewSet):
    """A chooser of people whose account is open."""

    model = User
    icon = "user"
    search = {"pk": User}
    choose_one_text = "Choisir une personne"
    choose_another_text = "Choisir une autre personne"

    def offered(self, rows, user):
        """Closed accounts are not chosen."""
        return rows.filter(is_active=True)


user_chooser = UserChooserViewSet("user_chooser")
