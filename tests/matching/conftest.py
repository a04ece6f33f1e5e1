"""Each test begins without an index: the database of the test before it is gone."""

import pytest

from ilo_cms.matching.journal import keeper


@pytest.fixture(autouse=True)
def no_index():
    """Built anew at the first search."""
    keeper.forget()
    yield
    keeper.forget()
