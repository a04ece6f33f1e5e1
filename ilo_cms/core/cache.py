"""The cache on disk, which counts failed sign-ins where there is no Redis.

Django's own would miscount and slow down under an attack: two threads may both "add" one key, on
which the counting relies, and each write lists the whole folder, where every address that ever
failed stays until 100,000 are there.
"""

# mypy: disable-error-code="attr-defined, misc"
# What Django's class keeps to itself is not in its stubs.

import itertools
import os
import tempfile
from collections.abc import Hashable
from contextlib import suppress
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache


class CountingCache(FileBasedCache):
    """Files in one folder, shared by all processes of a machine."""

    #: How many writes of this process go by between two tidyings.
    TIDY_EVERY = 1000
    writes = itertools.count(1)

    def add(
        self,
        key: Hashable,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Store a value unless there is one: of several that try at once exactly one does."""
        if self.has_key(key, version):
            return False
        self._createdir()
        handle, temporary = tempfile.mkstemp(dir=self._dir)
        try:
            with open(handle, "wb") as file:
                self._write_content(file, timeout, value)
            os.link(temporary, self._key_to_file(key, version))
        except FileExistsError:
            return False
        finally:
            os.remove(temporary)
        return True

    def _cull(self) -> None:
        """Now and then, not at each write: drop what has expired, then what is still too much."""
        if next(self.writes) % self.TIDY_EVERY == 0:
            for path in self._list_cache_files():
                with suppress(FileNotFoundError), open(path, "rb") as file:
                    self._is_expired(file)  # deletes it
            super()._cull()
