"""Which addresses may belong to a person (SPEC A2)."""

from django.core.exceptions import ValidationError

from ilo_cms.referentials.models import GenericMailbox


def refuse_generic_address(email: str) -> None:
    """Raise ValidationError when the part before @ belongs to nobody: contact, info …"""
    mailbox = email.strip().lower().partition("@")[0]
    if GenericMailbox.objects.active().filter(code=mailbox).exists():
        raise ValidationError(
            f"« {mailbox}@ » est une adresse partagée. Un compte appartient à une seule personne : "
            "donnez son adresse nominative.",
            code="generic",
        )
