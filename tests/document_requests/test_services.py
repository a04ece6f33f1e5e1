"""Asking, answering, checking: what each service allows, refuses and tells (SPEC D4–D7)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import assistant
from ilo_cms.directory.models import Contact, OfficerAbsence, Organisation
from ilo_cms.document_requests import answers, services
from ilo_cms.document_requests.decisions import ChangedError, Verdict, decide
from ilo_cms.document_requests.models import DocumentRequest, ItemState, State
from ilo_cms.document_requests.notices import answering
from ilo_cms.documents.models import Document, Reach
from ilo_cms.documents.services import deposit as deposit_in_record
from ilo_cms.documents.services import receive, withdraw
from ilo_cms.notifications.models import Notification
from ilo_cms.referentials.models import DocumentType
from tests.document_requests.conftest import in_days, judge, put, row
from tests.factories import AssignmentFactory, ContactFactory, EngagementFactory, OfficerFactory
from tests.helpers import files


pytestmark = pytest.mark.django_db


def ask(officer, organisation, kinds, **more):
    fields = {
        "key": uuid4(),
        "organisation": organisation,
        "types": [kinds["cv"], kinds["kbis"]],
        "message": "Pour la convention.",
        "due_on": in_days(14),
        "acting_user": officer,
    }
    return services.ask(**fields | more)


def told(kind: str) -> list:
    return [n.recipient for n in Notification.objects.filter(kind=f"document_request.{kind}")]


def test_every_active_contact_is_told_and_nobody_else(officer, contact, store, types):
    colleague = ContactFactory(organisation=contact.organisation)
    ContactFactory(organisation=contact.organisation, former=True)
    ContactFactory(organisation=contact.organisation, without_access=True)
    made = ask(officer, contact.organisation, types)
    assert set(told("requested")) == {contact.user, colleague.user}
    assert made.state == State.WAITING and made.items.count() == 2
    assert AuditEvent.objects.filter(action="document_request.asked").count() == 1


def test_the_same_form_sent_twice_asks_once(officer, contact, store, types):
    key = uuid4()
    first = ask(officer, contact.organisation, types, key=key)
    assert ask(officer, contact.organisation, types, key=key) == first
    assert len(told("requested")) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"due_on": in_days(-1)}, "date est passée"),
        ({"types": []}, "au moins une pièce"),
    ],
)
def test_what_cannot_be_asked_is_said(officer, contact, store, types, change, words):
    with pytest.raises(ValidationError, match=words):
        ask(officer, contact.organisation, types, **change)
    assert not DocumentRequest.objects.exists() and not told("requested")


def test_an_inactive_structure_is_asked_nothing(officer, contact, store, types):
    Organisation.objects.filter(pk=contact.organisation_id).update(is_active=False)
    with pytest.raises(PermissionDenied, match="inactive"):
        ask(officer, contact.organisation, types)


def test_only_the_team_asks_for_an_engagement(officer, contact, store, types):
    other = EngagementFactory()
    with pytest.raises(PermissionDenied, match="Seule l’équipe"):
        ask(officer, other.beneficiary, types, engagement=other)
    mine = EngagementFactory(officer=officer.officer)
    assert ask(officer, mine.beneficiary, types, engagement=mine).engagement == mine
    with pytest.raises(ValidationError, match="ne participe pas"):
        ask(officer, contact.organisation, types, engagement=mine)
    assignment = AssignmentFactory(engagement=mine, contact=contact)
    made = ask(officer, contact.organisation, types, assignment=assignment)
    assert made.engagement == mine


def test_a_file_is_a_draft_until_it_is_sent(asked, contact, officer):
    item, changed = put(asked, contact)
    assert changed and row(asked).state == ItemState.DRAFT
    assert item.document.reach == Reach.DRAFT
    assert not Document.objects.visible_to(officer).exists() and not told("sent")
    assert not Document.objects.current().exists()
    assert [i.pk for i in answers.send(request=asked, acting_as=contact)] == [item.pk]
    assert row(asked).state == ItemState.SENT and told("sent") == [officer]
    assert Document.objects.visible_to(officer).current().get() == item.document
    with pytest.raises(ValidationError, match="Rien n’est prêt"):
        answers.send(request=asked, acting_as=contact)
    assert told("sent") == [officer]


def test_what_was_sent_or_accepted_is_locked(asked, contact, officer):
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    for words in ("est envoyée", "est validée"):
        for act in (
            lambda: put(asked, contact, content=files.pdf(pages=2)),
            lambda: answers.cannot_provide(item=row(asked), reason="x", acting_as=contact),
            lambda: answers.take_back(item=row(asked), acting_as=contact),
        ):
            with pytest.raises(ValidationError, match=words):
                act()
        if words == "est envoyée":
            judge(asked, officer)
    assert row(asked).state == ItemState.ACCEPTED and Document.objects.count() == 1


def test_a_refusal_needs_a_reason_and_leads_to_another_file(asked, contact, officer):
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    with pytest.raises(ValidationError, match="expliquez votre refus"):
        judge(asked, officer, accepted=False)
    judge(asked, officer, accepted=False, reason="Il a plus de trois mois.")
    assert row(asked).state == ItemState.REFUSED and not Document.objects.current().exists()
    notice = Notification.objects.get(kind="document_request.decided")
    assert "refusée (Il a plus de trois mois.)" in notice.text
    with pytest.raises(ValidationError, match="vient d’être refusé"):
        put(asked, contact)
    put(asked, contact, content=files.pdf(pages=2))
    assert row(asked).state == ItemState.DRAFT and row(asked).reason == "Il a plus de trois mois."
    answers.send(request=asked, acting_as=contact)
    judge(asked, officer)
    assert row(asked).state == ItemState.ACCEPTED and row(asked).reason == ""


def test_the_second_officer_is_told_and_changes_nothing(asked, contact, officer):
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    seen = row(asked)
    judge(asked, officer)
    late = Verdict(accepted=False, seen=seen.stamp, reason="Illisible.")
    with pytest.raises(ChangedError, match=f"validée par {officer}"):
        decide(request=asked, verdicts={seen.pk: late}, acting_user=OfficerFactory().user)
    assert row(asked).state == ItemState.ACCEPTED and len(told("decided")) == 1


def test_a_verdict_on_a_file_replaced_meanwhile_is_refused(asked, contact, officer):
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    seen = row(asked).stamp
    judge(asked, officer, accepted=False, reason="Illisible.")
    put(asked, contact, content=files.pdf(pages=2))
    answers.send(request=asked, acting_as=contact)
    late = Verdict(accepted=True, seen=seen)
    with pytest.raises(ChangedError, match="a changé"):
        decide(request=asked, verdicts={row(asked).pk: late}, acting_user=officer)
    assert row(asked).state == ItemState.SENT


@pytest.mark.parametrize("meanwhile", ["sent", "cancelled"])
def test_what_changes_while_a_file_arrives_is_asked_again(asked, contact, officer, meanwhile):
    put(asked, contact)
    item = row(asked)
    document, findings = receive(
        file=upload_file(files.pdf(pages=2)),
        document_type=item.type,
        organisation=contact.organisation,
        owner=None,
        acting_user=contact.user,
    )
    if meanwhile == "sent":
        answers.send(request=asked, acting_as=contact)
    else:
        services.cancel(request=asked, reason="Inutile.", acting_user=officer)
    with pytest.raises((ValidationError, PermissionDenied), match="est envoyée|annulée"):
        answers.attach(item=item, document=document, findings=findings, acting_as=contact)
    assert row(asked).document == item.document and Document.objects.count() == 1


def test_all_rows_are_decided_or_none(asked, contact, officer):
    put(asked, contact)
    put(asked, contact, code="cv", name="cv.pdf", content=files.pdf(pages=2))
    answers.send(request=asked, acting_as=contact)
    verdicts = {
        row(asked).pk: Verdict(accepted=True, seen=row(asked).stamp),
        row(asked, "cv").pk: Verdict(accepted=False, seen=row(asked, "cv").stamp),
    }
    with pytest.raises(ValidationError):
        decide(request=asked, verdicts=verdicts, acting_user=officer)
    assert row(asked).state == ItemState.SENT and not told("decided")


def test_a_reason_instead_of_a_file_may_be_accepted(asked, contact, officer):
    with pytest.raises(ValidationError, match="Dites pourquoi"):
        answers.cannot_provide(item=row(asked), reason="  ", acting_as=contact)
    answers.cannot_provide(item=row(asked), reason="Association sans Kbis.", acting_as=contact)
    answers.send(request=asked, acting_as=contact)
    judge(asked, officer)
    assert row(asked).words == "dispensée" and row(asked).document is None


def test_a_document_still_valid_is_reused_in_one_click(asked, contact, officer, types):
    def in_record(content, code="kbis", **more):
        fields = {"file": upload_file(content), "document_type": types[code]}
        fields |= {"organisation": contact.organisation, "owner": None}
        return deposit_in_record(**fields, acting_user=contact.user, acting_as=contact, **more)[0]

    kept = in_record(files.pdf())
    assert list(answers.reusable(contact.organisation)) == [kept]
    answers.reuse(item=row(asked), document=kept, acting_as=contact)
    answers.send(request=asked, acting_as=contact)
    judge(asked, officer, accepted=False, reason="Trop ancien.")
    assert Document.objects.current().get() == kept  # it was the record's before
    with pytest.raises(ValidationError, match="vient d’être refusé"):
        answers.reuse(item=row(asked), document=kept, acting_as=contact)
    Document.objects.update(expires_on=in_days(-1))
    assert not answers.reusable(contact.organisation).exists()
    with pytest.raises(ValidationError, match="n’est plus valable"):
        answers.reuse(item=row(asked), document=kept, acting_as=contact)


def test_what_was_asked_is_answered_though_its_type_was_closed_since(asked, contact, types):
    DocumentType.objects.update(is_active=False)
    assert put(asked, contact)[1]


def upload_file(content: bytes, name="kbis.pdf"):
    return ContentFile(content, name=name)


def test_a_file_known_to_the_record_is_reused_and_not_kept_twice(asked, contact, types):
    fields = {"organisation": contact.organisation, "owner": None, "acting_as": contact}
    kept, _ = deposit_in_record(
        file=upload_file(files.pdf()),
        document_type=types["kbis"],
        acting_user=contact.user,
        **fields,
    )
    item, changed = put(asked, contact)
    assert changed and item.is_reused and item.document == kept
    assert put(asked, contact) == (item, False)
    assert Document.objects.count() == 1


def test_an_accepted_file_takes_the_place_of_the_older_one(asked, contact, officer):
    put(asked, contact, issued_on=in_days(-60))
    answers.send(request=asked, acting_as=contact)
    judge(asked, officer)
    older = row(asked).document
    again = ask(officer, contact.organisation, {"cv": older.type, "kbis": older.type})
    put(again, contact, content=files.pdf(pages=2))
    answers.send(request=again, acting_as=contact)
    judge(again, officer, issued_on=in_days(-3))
    newer = Document.objects.current().get()
    assert newer == row(again).document and newer.issued_on == in_days(-3)
    older.refresh_from_db()
    assert older.replaced_by == newer


@pytest.mark.parametrize(
    ("day", "words"), [(in_days(2), "dans le futur"), (in_days(-200), "n’est plus valable")]
)
def test_a_date_that_cannot_be_is_refused(asked, contact, officer, day, words):
    with pytest.raises(ValidationError, match=words):
        put(asked, contact, issued_on=day)
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    with pytest.raises(ValidationError, match=words):
        judge(asked, officer, issued_on=day)
    assert row(asked).state == ItemState.SENT


def test_the_support_answers_nothing_in_somebody_s_place(asked, contact):
    put(asked, contact)
    token = assistant.set("Admin")
    try:
        for act in (
            lambda: put(asked, contact, code="cv", name="cv.pdf"),
            lambda: answers.send(request=asked, acting_as=contact),
            lambda: answers.cannot_provide(item=row(asked), reason="x", acting_as=contact),
            lambda: answers.take_back(item=row(asked), acting_as=contact),
            lambda: answers.reuse(item=row(asked), document=row(asked).document, acting_as=contact),
        ):
            with pytest.raises(PermissionDenied, match="L’assistance"):
                act()
    finally:
        assistant.reset(token)
    assert row(asked).state == ItemState.DRAFT


@pytest.mark.parametrize("change", ["left", "inactive", "other"])
def test_who_left_or_is_inactive_or_elsewhere_changes_nothing(asked, contact, change):
    put(asked, contact)
    if change == "left":
        Contact.objects.filter(pk=contact.pk).update(ended_on=in_days(-1))
    if change == "inactive":
        Organisation.objects.filter(pk=contact.organisation_id).update(is_active=False)
    person = ContactFactory() if change == "other" else contact
    with pytest.raises(PermissionDenied):
        answers.send(request=asked, acting_as=person)
    assert row(asked).state == ItemState.DRAFT  # nothing lost


def test_an_officer_deposits_in_its_place_marked_so(asked, contact, officer):
    colleague = OfficerFactory().user
    item, _ = put(asked, contact, acting_user=colleague, acting_as=None)
    assert item.is_on_behalf and row(asked).state == ItemState.SENT
    assert told("sent") == [officer]
    log = AuditEvent.objects.get(action="document_request.answered")
    assert log.detail.content["capacity"] == "À la place de la structure"
    put(asked, contact, code="cv", name="cv.pdf", acting_user=officer, acting_as=None)
    assert told("sent") == [officer]  # who deposits is not told of it


def test_cancelled_and_reopened_with_a_reason(asked, contact, officer):
    put(asked, contact)
    with pytest.raises(ValidationError, match="Dites pourquoi"):
        services.cancel(request=asked, reason=" ", acting_user=officer)
    services.cancel(request=asked, reason="Plus utile.", acting_user=officer)
    assert DocumentRequest.objects.get().state == State.CANCELLED
    with pytest.raises(PermissionDenied, match="annulée"):
        answers.send(request=asked, acting_as=contact)
    with pytest.raises(ValidationError, match="annulée"):
        services.cancel(request=asked, reason="Encore.", acting_user=officer)
    with pytest.raises(ValidationError, match="passée"):
        services.reopen(request=asked, reason="x", due_on=in_days(-1), acting_user=officer)
    services.reopen(request=asked, reason="Utile.", due_on=in_days(5), acting_user=officer)
    assert row(asked).state == ItemState.DRAFT and len(told("changed")) == 2


def test_an_engagement_s_request_is_the_team_s_alone(asked, contact, officer, store, types):
    far = OfficerFactory().user
    mine = EngagementFactory(officer=officer.officer, beneficiary=contact.organisation)
    made = ask(officer, contact.organisation, types, engagement=mine)
    put(made, contact)
    answers.send(request=made, acting_as=contact)
    document = row(made).document
    assert document.reach == Reach.PARTIES
    for act in (
        lambda: judge(made, far),
        lambda: services.cancel(request=made, reason="x", acting_user=far),
        lambda: put(made, contact, code="cv", name="a.pdf", acting_user=far, acting_as=None),
    ):
        with pytest.raises(PermissionDenied, match="Seule l’équipe"):
            act()
    assert row(made).state == ItemState.SENT


def test_who_answers_after_the_asker(asked, contact, officer):
    deputy = OfficerFactory(operator=officer.officer.operator)
    today = timezone.localdate()
    absence = OfficerAbsence.objects.create(
        officer=officer.officer, starts_on=today, ends_on=today + timedelta(days=1), deputy=deputy
    )
    fresh = DocumentRequest.objects.get(pk=asked.pk)
    assert answering(fresh) == [deputy.user]
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    assert told("sent") == [deputy.user]
    absence.delete()
    officer.officer.is_active = False
    officer.officer.save()
    Organisation.objects.filter(pk=contact.organisation_id).update(referent=deputy)
    assert answering(DocumentRequest.objects.get(pk=asked.pk)) == [deputy.user]


def test_the_lists_and_the_rows_agree(asked, contact, officer, types):
    def everywhere():
        rows = {name: set(getattr(DocumentRequest.objects, name)()) for name in TWINS}
        for request in DocumentRequest.objects.all():
            for name, twin in TWINS.items():
                assert (request in rows[name]) == twin(request), (request.state, name)

    everywhere()
    put(asked, contact)
    everywhere()
    put(asked, contact, code="cv", name="cv.pdf", content=files.pdf(pages=2))
    answers.send(request=asked, acting_as=contact)
    everywhere()
    judge(asked, officer, accepted=False, reason="Non.")
    everywhere()
    DocumentRequest.objects.update(due_on=in_days(-2))
    everywhere()
    put(asked, contact, content=files.pdf(pages=3))
    answers.send(request=asked, acting_as=contact)
    judge(asked, officer)
    judge(asked, officer, code="cv")
    assert DocumentRequest.objects.get().state == State.COMPLETE
    everywhere()
    DocumentRequest.objects.update(cancelled_at=timezone.now())
    everywhere()


def states(request) -> set:
    return {item.state for item in request.items.all()}


TWINS = {
    "open": lambda request: request.is_open,
    "waiting": lambda request: request.waits,
    "late": lambda request: request.is_late,
    "complete": lambda request: request.state == State.COMPLETE,
    "to_check": lambda request: not request.cancelled_at and ItemState.SENT in states(request),
    "with_refusal": lambda request: (
        not request.cancelled_at and ItemState.REFUSED in states(request)
    ),
}


def test_an_upload_of_the_wrong_kind_changes_no_row(asked, contact):
    for content, name, words in (
        (b"", "kbis.pdf", "est vide"),
        (bytes(2 << 20), "kbis.pdf", "dépasse 1 Mo"),
        (b"<html>", "kbis.pdf", "son contenu est autre chose"),
    ):
        with pytest.raises(ValidationError, match=words):
            put(asked, contact, content=content, name=name)
    assert row(asked).state == ItemState.MISSING


@pytest.mark.parametrize("reason", ["x" * 501, "a\0b"])
def test_a_reason_that_no_column_holds_is_refused(asked, reason):
    officer = asked.asked_by
    with pytest.raises(ValidationError):
        services.cancel(request=asked, reason=reason, acting_user=officer)
    asked.refresh_from_db()
    assert asked.cancelled_at is None
    services.cancel(request=asked, reason="x" * 500, acting_user=officer)


def test_a_file_withdrawn_from_the_record_meanwhile_is_not_accepted(asked, contact, officer):
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    withdraw(document=row(asked).document, acting_user=contact.user, acting_as=contact)
    with pytest.raises(ValidationError, match="retiré de la fiche"):
        judge(asked, officer)
    judge(asked, officer, accepted=False, reason="Retiré.")
    assert row(asked).state == ItemState.REFUSED


def test_a_file_replaced_in_the_record_meanwhile_is_not_accepted(asked, contact, officer):
    put(asked, contact)
    answers.send(request=asked, acting_as=contact)
    sent = row(asked).document
    deposit_in_record(
        file=ContentFile(files.pdf(pages=7), name="nouveau.pdf"),
        document_type=sent.type,
        organisation=sent.organisation,
        owner=sent.contact,
        acting_user=contact.user,
        acting_as=contact,
        replaces=sent,
    )
    with pytest.raises(ValidationError, match="remplacé dans la fiche"):
        judge(asked, officer)
    judge(asked, officer, accepted=False, reason="Remplacé.")
    assert row(asked).state == ItemState.REFUSED
