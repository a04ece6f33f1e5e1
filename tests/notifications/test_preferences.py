"""Each person chooses how they are told of each kind, except of what is compulsory (SPEC N2)."""

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ilo_cms.audit.models import AuditEvent
from ilo_cms.notifications.delivery import deliver
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.models import MailPreference, Notification, OutboxMessage
from ilo_cms.notifications.preferences import Mode, modes_of, offered_kinds, set_modes
from ilo_cms.notifications.services import notify
from tests.factories import ContactFactory, UserFactory
from tests.helpers.intranet import an_officer


pytestmark = pytest.mark.django_db

URL = "/compte/preferences/"
KIND = "moderation.decided"


def prefer(person, mode, kind=KIND):
    set_modes(person=person, modes={kind: mode})


@pytest.mark.parametrize(
    ("mode", "mails", "awaits"),
    [(Mode.IMMEDIATE, 1, False), (Mode.DIGEST, 0, True), (Mode.IN_APP, 0, False)],
)
def test_a_notice_is_doubled_as_its_reader_chose(tell, mode, mails, awaits):
    person = UserFactory()
    prefer(person, mode)
    notice, _ = tell(person)
    assert Notification.objects.count() == 1
    assert OutboxMessage.objects.count() == mails
    assert notice.awaits_digest == awaits


def test_what_is_compulsory_is_always_mailed_at_once(tell):
    person = UserFactory()
    MailPreference.objects.create(person=person, kind="email.confirm", mode=Mode.IN_APP)
    notice, message = tell(person, kind="email.confirm")
    assert message and not notice.awaits_digest
    assert deliver(str(message.pk))


@pytest.mark.parametrize(
    "modes",
    [
        {"email.confirm": Mode.IN_APP},  # compulsory
        {"moderation.requested": Mode.IN_APP},  # for officers
        {"nothing": Mode.IN_APP},
        {KIND: "never"},
    ],
)
def test_what_cannot_be_chosen_is_refused_whole(modes):
    person = UserFactory()
    with pytest.raises(ValidationError):
        set_modes(person=person, modes={KIND: Mode.DIGEST} | modes)
    assert not MailPreference.objects.exists()


def test_a_change_is_logged_once_and_only_if_something_changes():
    person = UserFactory()
    prefer(person, Mode.DIGEST)
    prefer(person, Mode.DIGEST)
    event = AuditEvent.objects.get(action="preferences.changed")
    assert event.actor_id == str(person.pk)
    assert event.detail.content["changes"] == {
        KIND: ["Tout de suite par courriel", "Dans le récapitulatif du matin"]
    }


def test_kinds_of_officers_are_offered_to_officers():
    assert "moderation.requested" in modes_of(an_officer())
    assert "moderation.requested" not in modes_of(UserFactory())


@pytest.mark.parametrize(("mode", "awaits"), [(Mode.IN_APP, False), (Mode.DIGEST, True)])
def test_a_mail_that_waits_respects_a_later_choice(tell, mode, awaits):
    person = UserFactory()
    notice, message = tell(person)
    prefer(person, mode)
    assert not deliver(str(message.pk)) and not mail.outbox
    message.refresh_from_db()
    notice.refresh_from_db()
    assert message.state == "sans objet"
    assert notice.awaits_digest == awaits  # who switched to the digest finds it there


def test_many_readers_cost_one_query_for_their_choices():
    people = UserFactory.create_batch(5)
    prefer(people[0], Mode.IN_APP)
    words = {"officer": "a", "organisation": "b", "outcome": "c"}
    with CaptureQueriesContext(connection) as queries:
        notify(KIND, recipients=people, organisation_id=None, path="/", **words)
    reads = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert len(reads) == 2, reads  # their choices, the kind's text


def test_every_kind_reads_well_on_the_page():
    assert all("{" not in kind.title and kind.title for kind in KINDS.values())


def test_the_page_keeps_choices(client):
    contact = ContactFactory()
    client.force_login(contact.user)
    page = client.get(URL)
    assert "Votre adresse de connexion va changer" in page.text
    assert "Toujours envoyées" in page.text
    assert "Une demande de modération vous attend" not in page.text
    response = client.post(URL, {KIND: "digest", "email.confirm": "in_app"}, follow=True)
    assert "Vos préférences sont enregistrées." in response.text
    assert modes_of(contact.user)[KIND] == Mode.DIGEST
    assert not MailPreference.objects.filter(kind="email.confirm").exists()


def test_the_page_says_what_is_wrong(client):
    client.force_login(UserFactory())
    response = client.post(URL, {KIND: "sometimes"})
    assert response.status_code == 422
    assert "Votre saisie n’a pas été acceptée" in response.text
    assert not MailPreference.objects.exists()


def test_what_the_form_does_not_say_stays(client):
    person = UserFactory()
    prefer(person, Mode.DIGEST)
    client.force_login(person)
    assert client.post(URL, {}).status_code == 302
    assert modes_of(person)[KIND] == Mode.DIGEST
    assert MailPreference.objects.count() == 1


def test_officers_have_the_page_too(client):
    client.force_login(an_officer())
    page = client.get(URL).text
    assert "Une demande de modération vous attend" in page
    assert len(offered_kinds(an_officer())) == len(KINDS)


def test_categories_stand_in_the_order_of_french():
    names = [kind.category for kind in offered_kinds(an_officer())]
    order = list(dict.fromkeys(names))
    assert order.index("Compte") < order.index("Évaluations") < order.index("Mes informations")
