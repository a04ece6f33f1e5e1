"""Trial: canaries in fifty sealed offers, and every role asks everything (SPEC T9).

Before the deadline nobody but its authors hears a canary: not on any page, list, export, download,
calendar or admin screen, in no table but those of offers and files, in no mail to others, no line
of the log, no snapshot of the reports. After the opening the team and the administrators hear all,
an author hears its own, everybody else nothing. Prints one JSON line. TRIAL_OFFERS says how many;
TRIAL_SIZE=small is for the suite.
"""

import io
import json
import logging
import os
import sys
import tempfile
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


SMALL = os.environ.get("TRIAL_SIZE") == "small"
OFFERS = 2 if SMALL else int(os.environ.get("TRIAL_OFFERS", "50"))
#: What an author hears, by role: the number of its offer.
OWN = {"provider": {1}, "colleague": {1}, "stranger": {2}}
READERS = {"referent", "administrator"}
#: Who asks in the suite.
FEW = {"provider", "stranger", "referent"}
#: Loggers that, at their lowest level, tell every value or every missing one: never set so low.
TALKATIVE = ("django.db", "django.template", "faker", "factory")


def set_up(folder: str) -> io.StringIO:
    """Django on an empty database; returns what is logged from now on, at the lowest level."""
    alone.start(folder)
    from django.test.utils import setup_test_environment

    from ilo_cms.desk.management.commands.setup_ilo import wire

    setup_test_environment()
    wire()
    said = io.StringIO()
    for name in logging.root.manager.loggerDict:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.INFO if name.startswith(TALKATIVE) else logging.DEBUG)
    logging.root.handlers = [logging.StreamHandler(said)]
    logging.root.setLevel(logging.DEBUG)
    return said


def sealed_world() -> tuple[dict, object, list]:
    """People of every role that asks, a tender, and its sealed offers."""
    from tests.factories import ContactFactory, EngagementFactory
    from tests.helpers.world import everyone
    from tests.tenders.canary import an_offer
    from tests.tenders.drafts import a_sent_tender, accept, pass_deadlines

    people, contacts = everyone()
    authors = [contacts["provider"], contacts["stranger"]]
    authors += [ContactFactory() for _ in range(OFFERS - len(authors))]
    officer = people["referent"].officer
    engagement = EngagementFactory(officer=officer, operator=officer.operator)
    tender = a_sent_tender(*(each.organisation for each in authors), engagement=engagement)
    accept(tender)
    tender = pass_deadlines(tender)
    offers = [an_offer(tender, each, number) for number, each in enumerate(authors, 1)]
    return {role: people[role] for role in (FEW if SMALL else people)}, tender, offers


def crawl(people: dict, paths: list[str]) -> dict[str, dict[str, set[int]]]:
    """Where each role hears which canaries."""
    from django.test import Client

    from ilo_cms.meetings.feeds import renew
    from tests.tenders.canary import songs

    heard = {}
    for role, user in people.items():
        client, own = Client(raise_request_exception=False), []
        if user:
            client.force_login(user)
            own.append(f"/compte/agenda/{renew(user=user)}.ics")
        asked = [path for path in paths if not (SMALL and role in OWN and "/admin/" in path)]
        heard[role] = songs(client, asked + own)
    return heard


def mails_to_others(offers: list) -> tuple[int, int]:
    """Send what waits; how many left, and how many hold a canary that is not their reader's."""
    from django.core import mail

    from ilo_cms.directory.models import Contact
    from ilo_cms.notifications.delivery import deliver
    from ilo_cms.notifications.models import OutboxMessage
    from tests.tenders.canary import heard_in

    authors = {each.invitation.organisation_id: n for n, each in enumerate(offers, 1)}
    people = Contact.objects.filter(organisation__in=authors).select_related("user")
    own = {each.user.email: {authors[each.organisation_id]} for each in people}
    sent = sum(deliver(key) for key in OutboxMessage.objects.values_list("pk", flat=True))
    wrong = 0
    for message in mail.outbox:
        heard = heard_in(str(message.message()).encode() + str(message.body).encode())
        wrong += not heard <= own.get(message.to[0], set())
    return sent, wrong


def surfaces(said: io.StringIO, offers: list) -> dict[str, int]:
    """How many canaries sing where nobody asks: rows, mails, the log, the reports."""
    from django.conf import settings

    from etl.reporting.publish import publish
    from tests.tenders.canary import OWN_TABLES, heard_in, singing_tables

    publish()
    sent, wrong = mails_to_others(offers)
    snapshot = Path(settings.SNAPSHOT_PATH).read_bytes()
    return {
        "mails_sent": sent,
        "mails_to_others": wrong,
        "log_characters": len(said.getvalue()),
        "log": len(heard_in(said.getvalue().encode())),
        "report_bytes": len(snapshot),
        "reports": len(heard_in(snapshot)),
        "tables": len(singing_tables() - OWN_TABLES),
    }


def wrong_roles(heard: dict[str, dict[str, set[int]]], expected: dict[str, set[int]]) -> list[str]:
    """Who hears what is not theirs, and where; or does not hear what is."""
    wrong = []
    for role, found in heard.items():
        theirs = expected.get(role, set())
        wrong += [f"{role}: {path}" for path, numbers in found.items() if numbers - theirs]
        if missing := theirs - set().union(*found.values()):
            wrong.append(f"{role} does not hear {sorted(missing)}")
    return wrong


def main() -> int:
    """Run the trial; exit code 1 when somebody hears what is not theirs, or not what is."""
    with tempfile.TemporaryDirectory() as folder:
        said = set_up(folder)
        people, tender, offers = sealed_world()
        from ilo_cms.tenders.opening import open_tender
        from tests.tenders.canary import OF_OFFERS, addresses
        from tests.tenders.drafts import pass_deadlines

        paths = addresses(tender, *offers)
        if SMALL:
            paths = [p for n, p in enumerate(paths) if OF_OFFERS.search(p) or n % 8 == 0]
        before = crawl(people, paths)
        found = surfaces(said, offers)
        pass_deadlines(tender, deposits=True)
        open_tender(tender=tender, acting_user=people["referent"])
        after = crawl(people, paths)
    everything = dict.fromkeys(READERS, set(range(1, OFFERS + 1)))
    wrong = {"sealed": wrong_roles(before, OWN), "opened": wrong_roles(after, OWN | everything)}
    sang = any(found[name] for name in ("mails_to_others", "log", "reports", "tables"))
    passed = not any(wrong.values()) and not sang and found["mails_sent"] > 0
    line = {"trial": "canary", "offers": OFFERS, "roles": len(people), "addresses": len(paths)}
    line |= {"heard_after_at": {role: len(places) for role, places in after.items()}}
    print(json.dumps(line | found | {"wrong": wrong, "passed": passed}))
    return not passed


if __name__ == "__main__":
    sys.exit(main())
