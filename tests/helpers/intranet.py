"""People of the intranet with the rights that `setup_ilo` gives, and requests as one of them."""

from django.test import Client

from ilo_cms.accounts.models import User
from ilo_cms.desk.management.commands.setup_ilo import RIGHTS, set_permissions
from ilo_cms.directory.officers import sync_groups
from tests.factories import OfficerFactory, UserFactory


def open_intranet(user: User) -> User:
    """Give the groups their permissions and the person the groups of their roles."""
    for name, rights in RIGHTS.items():
        set_permissions(name, rights)
    sync_groups(user)
    return User.objects.get(pk=user.pk)


def an_officer(**fields) -> User:
    """An officer; `fields` go to OfficerFactory."""
    return open_intranet(OfficerFactory(**fields).user)


def an_administrator(**fields) -> User:
    """A national administrator."""
    return open_intranet(UserFactory(administrator=True, **fields))


def as_(user: User) -> Client:
    """A browser signed in as this person."""
    client = Client()
    client.force_login(user)
    return client
