import pytest

from ilo_cms.core.french import in_sentence


@pytest.mark.parametrize(
    ("label", "said"),
    [("Code NAF", "code NAF"), ("OPCO", "OPCO"), ("Établissement", "établissement"), ("", "")],
)
def test_only_the_first_letter_of_a_word_becomes_small(label, said):
    assert in_sentence(label) == said
