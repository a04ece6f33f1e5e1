"""A private place for the files of tenders and offers."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings) -> Path:
    """The storage of this test alone."""
    place = tmp_path / "files"
    options = {"location": place, "base_url": None}
    default = settings.STORAGES["default"] | {"OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": default}
    return place
