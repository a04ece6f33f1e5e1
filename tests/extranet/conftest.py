"""Fixtures that the extranet's tests share with those of documents."""

from tests.documents.conftest import store, types  # noqa: F401
