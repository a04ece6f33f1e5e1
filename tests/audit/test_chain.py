"""The log: what is recorded, and that every kind of tampering is found (SPEC G3)."""

import pytest
from django.core.management import CommandError, call_command

from ilo_cms.audit.models import AuditDetail, AuditEvent, AuditHead
from ilo_cms.audit.services import faults, record
from tests.factories import OrganisationFactory, UserFactory


pytestmark = pytest.mark.django_db


@pytest.fixture
def five_events():
    actor, organisation = UserFactory(), OrganisationFactory()
    for number in range(5):
        record(
            "organisation.updated",
            actor=actor,
            target=organisation,
            organisation=organisation,
            before={"name": f"Ancien {number}"},
            after={"name": "Œuvre d’été"},
        )


def test_an_untouched_chain_is_intact(five_events, capsys):
    call_command("audit", "verify")
    assert "5 events, chain intact" in capsys.readouterr().out


def test_the_chained_row_holds_no_personal_value(five_events):
    event = AuditEvent.objects.first()
    assert "Ancien" not in str(AuditEvent.objects.filter(pk=event.pk).values_list())
    assert event.detail.content["after"] == {"name": "Œuvre d’été"}


def test_an_unknown_action_is_refused(db):
    with pytest.raises(KeyError):
        record("nobody.registered", actor=None)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: AuditEvent.objects.filter(pk=3).update(action="account.created"),
        lambda: AuditEvent.objects.filter(pk=3).update(actor_id=""),
        lambda: AuditEvent.objects.filter(pk=3).delete(),
        lambda: AuditEvent.objects.filter(pk=5).delete(),
        lambda: AuditDetail.objects.filter(pk=2).update(content={"after": {"name": "x"}}),
        lambda: AuditHead.objects.update(sequence=4),
        lambda: AuditEvent.objects.create(
            sequence=6, at="2026-11-22T10:00:00Z", action="x", previous="0" * 64, digest="1" * 64
        ),
    ],
    ids=["action", "actor", "middle deleted", "tail cut", "detail", "head", "inserted"],
)
def test_tampering_is_found(five_events, tamper):
    tamper()
    assert list(faults())
    with pytest.raises(CommandError):
        call_command("audit", "verify")


def test_erasing_the_words_of_an_act_leaves_the_chain_valid(five_events):
    AuditDetail.objects.filter(pk=2).delete()
    assert list(faults()) == []
