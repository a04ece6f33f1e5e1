"""The cache on disk counts right whoever writes at once, and does not grow for ever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from ilo_cms.core.cache import CountingCache


def open_cache(folder: Path) -> CountingCache:
    """The cache as another thread or process opens it."""
    return CountingCache(str(folder), {"OPTIONS": {"MAX_ENTRIES": 100}})


def test_of_many_that_add_at_once_exactly_one_does(tmp_path):
    def add(key: int) -> bool:
        return open_cache(tmp_path).add(f"key-{key}", "x")

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(add, [key for key in range(100) for _ in range(8)]))
    assert won.count(True) == 100
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".djcache"]


def test_an_expired_key_is_free_again(tmp_path):
    cache = open_cache(tmp_path)
    with time_machine.travel(datetime(2026, 3, 2, tzinfo=UTC), tick=False) as clock:
        assert cache.add("key", 1, timeout=10)
        assert not cache.add("key", 2, timeout=10)
        clock.shift(timedelta(seconds=11))
        assert cache.add("key", 3, timeout=10)
        assert cache.get("key") == 3


def test_what_expired_is_dropped_before_what_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(CountingCache, "TIDY_EVERY", 200)
    cache = open_cache(tmp_path)
    with time_machine.travel(datetime(2026, 3, 2, tzinfo=UTC), tick=False) as clock:
        cache.set("account", [1, 2, 3, 4, 5], timeout=300)
        for number in range(150):
            cache.set(f"stranger-{number}", 1, timeout=60)
        clock.shift(timedelta(seconds=61))
        for number in range(200):
            cache.set("again", number)
        assert len(list(tmp_path.iterdir())) == 2
        assert cache.get("account") == [1, 2, 3, 4, 5]


def test_the_folder_stays_near_its_maximum(tmp_path, monkeypatch):
    monkeypatch.setattr(CountingCache, "TIDY_EVERY", 10)
    cache = open_cache(tmp_path)
    for number in range(350):
        cache.set(f"key-{number}", 1)
    assert len(list(tmp_path.iterdir())) <= 110
