"""Wagtail's permission questions, answered by our rules (docs/decisions, rights)."""

from collections.abc import Callable, Iterable

from django.db import models
from wagtail.permission_policies import ModelPermissionPolicy


def visible(rows: models.QuerySet, user) -> models.QuerySet:
    """The rows this person may reach: the model's own `visible_to` when it has one.

    A list without that rule, such as a reference list, is open to the whole intranet and to no one
    else.
    """
    if hasattr(rows, "visible_to"):
        return rows.visible_to(user)
    return rows if user.is_authenticated and user.is_staff else rows.none()


class RecordPolicy(ModelPermissionPolicy):
    """Django's permissions say which kind of act a group may do; `may_edit` says on which row.

    Which rows exist at all for a person is `visible`, applied by the views.
    """

    def __init__(self, model: type[models.Model], may_edit: Callable) -> None:
        super().__init__(model)
        self.may_edit = may_edit

    def user_has_permission_for_instance(self, user, action: str, instance: models.Model) -> bool:
        """Whether this act is allowed on this row."""
        if not self.user_has_permission(user, action):
            return False
        return action == "view" or bool(self.may_edit(user, instance))

    def instances_user_has_any_permission_for(self, user, actions: Iterable[str]):
        """The rows on which one of these acts may be allowed."""
        rows = super().instances_user_has_any_permission_for(user, actions)
        return visible(rows, user)
