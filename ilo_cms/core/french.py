"""French inside a sentence."""


def in_sentence(label: str) -> str:
    """A label after a comma or a colon: a small first letter, save for an acronym (OPCO, SIREN)."""
    is_acronym = label[1:2].isupper()
    return label if is_acronym else label[:1].lower() + label[1:]
