"""SIREN, NIC, SIRET and French phone numbers: how they are written, read and checked.

Identifiers are text. Shape and check digits: INSEE, system SIRENE; La Poste's establishments
follow another rule, which python-stdnum knows.
"""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret


#: Everything people put between digits: spaces of all kinds, dots, dashes, apostrophes.
SEPARATORS = re.compile(r"[\s.\-'’\u00a0\u202f]+")

#: Which numbering plan a département uses; elsewhere it is metropolitan France's.
PHONE_REGIONS = {
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "977": "BL",
    "978": "MF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}


def compact(value: str | None) -> str:
    """The text without the separators people type between digits."""
    return SEPARATORS.sub("", value or "")


def validate_siren(value: str) -> None:
    """Raise ValidationError unless the text is nine digits whose Luhn key holds."""
    if not re.fullmatch(r"[0-9]{9}", value):
        raise ValidationError("Un SIREN a neuf chiffres, par exemple 123 456 782.", code="siren")
    if not stdnum_siren.is_valid(value):
        raise ValidationError(
            "Ce SIREN n’existe pas : sa clé de contrôle est fausse. Vérifiez chaque chiffre.",
            code="siren",
        )


def validate_nic(value: str) -> None:
    """Raise ValidationError unless the text is five digits."""
    if not re.fullmatch(r"[0-9]{5}", value):
        raise ValidationError("Un NIC a cinq chiffres, par exemple 00012.", code="nic")


def validate_postcode(value: str) -> None:
    """Raise ValidationError unless the text is five digits."""
    if not re.fullmatch(r"[0-9]{5}", value):
        raise ValidationError("Un code postal a cinq chiffres, par exemple 69002.", code="postcode")


def validate_siret(value: str) -> None:
    """Raise ValidationError unless the text is fourteen digits whose keys hold."""
    if not re.fullmatch(r"[0-9]{14}", value):
        raise ValidationError(
            "Un SIRET a quatorze chiffres : les neuf du SIREN puis les cinq du NIC.", code="siret"
        )
    if not stdnum_siret.is_valid(value):
        raise ValidationError(
            "Ce SIRET n’existe pas : sa clé de contrôle est fausse. Vérifiez chaque chiffre.",
            code="siret",
        )


def normal_phone(value: str, department: str = "") -> str:
    """A phone number in E.164 (+33612345678), read with the plan of a département code.

    Overseas départements have their own plans: theirs is tried first, then metropolitan France's.
    Returns an empty text for an empty one. Raises ValidationError on anything else.
    """
    value = " ".join(value.split())  # spaces of all kinds: copied numbers hold narrow ones
    if not value:
        return ""
    for region in dict.fromkeys(
        [PHONE_REGIONS.get(department, "FR"), "FR", *PHONE_REGIONS.values()]
    ):
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise ValidationError(
        "Ce numéro de téléphone n’est pas valable. Exemple : 06 12 34 56 78.", code="phone"
    )


def readable_phone(value: str) -> str:
    """A stored number as people write it: 06 12 34 56 78, or with its country code elsewhere."""
    try:
        number = phonenumbers.parse(value, "FR")
    except phonenumbers.NumberParseException:
        return value
    if not phonenumbers.is_valid_number(number):
        return value
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        number, style.NATIONAL if number.country_code == 33 else style.INTERNATIONAL
    )
