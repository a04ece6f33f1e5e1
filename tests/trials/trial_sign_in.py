"""Trial: 10,000 sign-in attempts from changing addresses try five passwords of an account (A5).

Eight threads send them at once through the whole stack, with the product's own cache on disk, and
each request forges all it can: its IP address, forwarding headers, the port of its Host header, the
case of the login. Counted is what reaches the password hasher, in the window of five minutes that
the trial lasts or starts anew. A second round tries 10,000 accounts from one address.
Prints one JSON line. TRIAL_SIZE=small is for the suite.
"""

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


THREADS = 8
ATTEMPTS = 200 if os.environ.get("TRIAL_SIZE") == "small" else 10_000
#: What the settings allow: five tries in five minutes per account, ten failures a minute per
#: address.
PER_ACCOUNT, ACCOUNT_WINDOW = 5, 300
PER_ADDRESS, ADDRESS_WINDOW = 10, 60


def set_up(folder: str) -> None:
    """Django on an empty database, with the cache that production has without Redis."""
    alone.start(folder, any_engine=True)
    from django.core.cache import caches

    from config.settings.base import CACHES

    caches.settings = caches.configure_settings(CACHES)


def count_hashes() -> list[str]:
    """The passwords that reach the hasher from now on."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    tried: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self, password, salt):
        tried.append(password)
        return encode(self, password, salt)

    MD5PasswordHasher.encode = counted
    return tried


def everywhere(number: int) -> dict[str, str]:
    """A request for one account that pretends to come from somewhere new."""
    return {
        "login": ["marina@sol.example", "MARINA@sol.example", " Marina@Sol.example "][number % 3],
        "REMOTE_ADDR": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}",
        "HTTP_X_FORWARDED_FOR": f"192.0.2.{number % 250}",
        "HTTP_HOST": f"{['testserver', 'localhost'][number % 2]}:{number + 1}",
    }


def everyone(number: int) -> dict[str, str]:
    """A request for a new account from one address, whatever its headers say."""
    return {
        "login": f"personne-{number}@sol.example",
        "REMOTE_ADDR": "198.51.100.7",
        "HTTP_X_FORWARDED_FOR": f"192.0.2.{number % 250}",
    }


def attempt(request: dict[str, str]) -> int:
    """Try one wrong password; returns the status of the answer."""
    from django.db import connection
    from django.test import Client

    form = {"login": request.pop("login"), "password": "faux-mot-de-passe"}
    try:
        return Client().post("/compte/connexion/", form, **request).status_code
    finally:
        connection.close()


def attack(request_of) -> tuple[float, dict[int, int]]:
    """All attempts, eight at once; returns the seconds and how often each status came."""
    started = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        codes = list(pool.map(lambda number: attempt(request_of(number)), range(ATTEMPTS)))
    return time.monotonic() - started, {code: codes.count(code) for code in set(codes)}


def main() -> int:
    """Run the trial; exit code 1 when a budget did not hold."""
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        from ilo_cms.accounts.models import User

        User.objects.create_user("marina@sol.example", "le-bon-mot-de-passe", last_name="Vasseur")
        tried = count_hashes()
        account_seconds, account_codes = attack(everywhere)
        on_account = len(tried)
        tried.clear()
        address_seconds, address_codes = attack(everyone)
        account_budget = PER_ACCOUNT * (1 + int(account_seconds // ACCOUNT_WINDOW))
        address_budget = PER_ADDRESS * (1 + int(address_seconds // ADDRESS_WINDOW))
        figures = {
            "trial": "sign_in",
            "attempts": ATTEMPTS,
            "threads": THREADS,
            "tried_on_one_account": on_account,
            "budget_of_an_account": account_budget,
            "account_statuses": account_codes,
            "account_seconds": round(account_seconds, 1),
            "tried_from_one_address": len(tried),
            "budget_of_an_address": address_budget,
            "address_statuses": address_codes,
            "address_seconds": round(address_seconds, 1),
        }
    print(json.dumps(figures))
    return int(on_account > account_budget or len(tried) > address_budget)


if __name__ == "__main__":
    sys.exit(main())
