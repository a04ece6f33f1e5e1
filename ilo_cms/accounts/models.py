"""A natural person. One account per person, keyed by email (SPEC A1)."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from wagtail.search import index

from ilo_cms.core.models import TimestampedModel, UUIDModel


class UserManager(BaseUserManager):
    """Creates people and finds them by email whatever its case."""

    def get_by_natural_key(self, email: str | None) -> "User":
        """The person whose address this is, ignoring case and spaces around it."""
        return self.get(email=User.normal_email(email))

    def create_user(self, email: str | None, password: str | None = None, **fields) -> "User":
        """Create a person. Without password the account cannot sign in until it is activated."""
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """Create the technical account that may do everything in the admin."""
        fields |= {"is_superuser": True, "is_administrator": True}
        return self.create_user(email, password, **fields)


class User(index.Indexed, UUIDModel, TimestampedModel, AbstractBaseUser, PermissionsMixin):
    """A person, with or without access.

    Contacts migrated without a personal address are people too: their email is empty and they
    cannot sign in until an officer enters one.
    """

    email = models.EmailField("adresse électronique", null=True, blank=True, unique=True)
    first_name = models.CharField("prénom", max_length=100, blank=True)
    last_name = models.CharField("nom", max_length=100)
    is_active = models.BooleanField("compte ouvert", default=True)
    is_administrator = models.BooleanField("administration nationale", default=False)
    is_analyst = models.BooleanField("analyste", default=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["last_name"]
    search_fields = [
        index.SearchField("last_name"),
        index.SearchField("first_name"),
        index.AutocompleteField("last_name"),
        index.AutocompleteField("first_name"),
        index.AutocompleteField("email"),
        index.FilterField("is_active"),
    ]

    class Meta:
        verbose_name = "personne"
        verbose_name_plural = "personnes"
        ordering = ["last_name", "first_name"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_ci")]

    def __str__(self) -> str:
        return self.get_full_name() or self.email or "personne sans nom"

    def save(self, *args, **kwargs) -> None:
        self.email = self.normal_email(self.email)
        super().save(*args, **kwargs)

    @staticmethod
    def normal_email(email: str | None) -> str | None:
        """The address as it is stored: lower case, no spaces, None when empty."""
        return (email or "").strip().lower() or None

    def get_full_name(self) -> str:
        """First name then last name, as screens show it."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """What a greeting says."""
        return self.first_name or self.last_name

    @property
    def is_staff(self) -> bool:
        """Whether the person works in the admin: officers and administrators."""
        return self.is_superuser or self.has_perm("wagtailadmin.access_admin")
