"""Resources and deliverables: deposit, share, take back, withdraw (SPEC E9)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.documents.models import Document
from ilo_cms.engagements.models import Resource, ResourceShare
from ilo_cms.engagements.people import add_participant, make_main, remove_participant
from ilo_cms.engagements.resources import (
    deposit_resource,
    share_resource,
    unshare_resource,
    withdraw_resource,
)
from tests.documents.conftest import store  # noqa: F401
from tests.engagements.helpers import started
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    DocumentTypeFactory,
    OfficerFactory,
    ResourceFactory,
    UserFactory,
)
from tests.helpers import files
from tests.helpers.intranet import open_intranet


pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment(wired):
    return AssignmentFactory(engagement=started())


@pytest.fixture
def beneficiary(assignment):
    return ContactFactory(organisation=assignment.engagement.beneficiary)


def deliverable(of, /, **values):
    """A file that the provider of an assignment deposits."""
    contact = of.contact
    return deposit_resource(
        **{
            "key": uuid4(),
            "engagement": of.engagement,
            "assignment": of,
            "title": "Rapport",
            "acting_user": contact.user,
            "acting_as": contact,
            "file": ContentFile(files.pdf(), name="rapport.pdf"),
            "file_type": DocumentTypeFactory(
                code="livrable", label="Livrable", formats="pdf", audience="engagement"
            ),
        }
        | values
    )


def status_of(client, contact, resource) -> int:
    """What a person is answered who asks for the file."""
    client.force_login(contact.user if hasattr(contact, "user") else contact)
    response = client.get(reverse("document_download", args=[resource.document_id]))
    if response.streaming:
        b"".join(response)
    return response.status_code


def test_a_deliverable_goes_to_whom_it_is_shared_with(
    store,  # noqa: F811
    client,
    assignment,
    beneficiary,
):
    resource = deliverable(assignment)
    engagement = assignment.engagement
    assert resource.is_deliverable
    colleague = ContactFactory(organisation=assignment.provider)
    officer, elsewhere = (
        open_intranet(engagement.officer.user),
        open_intranet(OfficerFactory().user),
    )
    other = AssignmentFactory(engagement=engagement).contact
    analyst = UserFactory(analyst=True)
    for person, answer in (
        (assignment.contact, 200),
        (colleague, 200),
        (officer, 200),
        (elsewhere, 404),
        (beneficiary, 404),
        (other, 404),
        (analyst, 404),
    ):
        assert status_of(client, person, resource) == answer, person
    sharing = {"resource": resource, "organisation": beneficiary.organisation}
    share_resource(**sharing, acting_user=assignment.contact.user, acting_as=assignment.contact)
    assert status_of(client, beneficiary, resource) == 200
    assert unshare_resource(**sharing, acting_user=engagement.officer.user)
    assert status_of(client, beneficiary, resource) == 404
    assert status_of(client, other, resource) == 404
    acts = list(AuditEvent.objects.values_list("action", flat=True))
    assert {"resource.shared", "resource.unshared", "document.refused"} <= set(acts)
    assert not unshare_resource(**sharing, acting_user=engagement.officer.user)
    assert ResourceShare.objects.count() == 1


def test_it_is_no_document_of_the_record(store, assignment):  # noqa: F811
    resource = deliverable(assignment)
    assert not Document.objects.of_records().exists()
    assert Document.objects.get() == resource.document


def test_the_same_form_sent_twice_deposits_once(store, assignment):  # noqa: F811
    key = uuid4()
    assert deliverable(assignment, key=key) == deliverable(assignment, key=key)
    assert Resource.objects.count() == Document.objects.count() == 1


def test_a_type_that_is_no_longer_proposed_takes_nothing(store, assignment):  # noqa: F811
    closed = DocumentTypeFactory(code="livrable", formats="pdf", audience="engagement")
    closed.is_active = False
    with pytest.raises(ValidationError, match="n’est plus proposé"):
        deliverable(assignment, file_type=closed)


def test_who_may_deposit(assignment, beneficiary):
    note = {"file": None, "note": "À lire"}
    abandoned = AssignmentFactory(engagement=assignment.engagement, status="abandonnee")
    former = ContactFactory(
        organisation=assignment.provider, ended_on=timezone.localdate() - timedelta(days=1)
    )
    for values in (
        {"acting_user": beneficiary.user},  # somebody else's capacity
        {"acting_user": former.user, "acting_as": former},
        {"acting_user": OfficerFactory().user, "acting_as": None},
        {"assignment": None},  # a provider deposits for its assignment
        {"assignment": abandoned, "acting_user": abandoned.contact.user,
         "acting_as": abandoned.contact},
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            deliverable(assignment, **note | values)
    made = deliverable(
        assignment, **note, assignment=None, acting_user=beneficiary.user, acting_as=beneficiary
    )
    assert made.organisation == beneficiary.organisation
    with pytest.raises(PermissionDenied):
        withdraw_resource(
            resource=made,
            reason="x",
            acting_user=assignment.contact.user,
            acting_as=assignment.contact,
        )


def test_a_resource_holds_something_and_goes_to_a_party(assignment):
    officer = {"acting_user": assignment.engagement.officer.user, "acting_as": None, "file": None}
    for wrong in (
        {},
        {"url": "javascript:alert(1)"},
        {"url": "ftp://exemple.example/x"},
        {"note": "x", "title": " "},
        {"note": "x", "shared_with": [ContactFactory().organisation]},
        {"note": "x", "assignment": AssignmentFactory()},
    ):
        with pytest.raises(ValidationError):
            deliverable(assignment, **officer | wrong)
    assert not Resource.objects.exists()
    link = deliverable(
        assignment,
        **officer,
        url="https://exemple.example/guide",
        shared_with=[assignment.provider],
    )
    assert link.kind == "lien" and not link.is_deliverable
    contact = assignment.contact
    assert Resource.objects.visible_to(contact.user, contact).get() == link


def test_nothing_goes_on_with_what_was_withdrawn(assignment):
    resource = ResourceFactory(engagement=assignment.engagement, assignment=assignment)
    user = assignment.engagement.officer.user
    share = {"resource": resource, "organisation": assignment.provider, "acting_user": user}
    share_resource(**share)
    with pytest.raises(ValidationError):
        withdraw_resource(resource=resource, reason=" ", acting_user=user)
    withdraw_resource(resource=resource, reason="Version dépassée", acting_user=user)
    assert not Resource.objects.visible_to(open_intranet(user)).exists()
    with pytest.raises(ValidationError):
        share_resource(**share)


def test_a_share_ends_with_the_assignment_and_a_former_contact_reads_what_was_shared(assignment):
    resource = ResourceFactory(engagement=assignment.engagement)
    user = assignment.engagement.officer.user
    share_resource(resource=resource, organisation=assignment.provider, acting_user=user)
    today = timezone.localdate()
    left = ContactFactory(organisation=assignment.provider, ended_on=today)
    before = ContactFactory(organisation=assignment.provider, ended_on=today - timedelta(days=1))
    assert Resource.objects.visible_to(left.user, left).exists()
    assert not Resource.objects.visible_to(before.user, before).exists()
    assignment.status = "abandonnee"
    assignment.save()
    contact = assignment.contact
    assert not Resource.objects.visible_to(contact.user, contact).exists()


# --- participants -----------------------------------------------------------------------------


def test_participants_belong_to_their_side_with_one_main_each(assignment, beneficiary):
    engagement = assignment.engagement
    common = {"engagement": engagement, "acting_user": engagement.officer.user}
    colleague = ContactFactory(organisation=beneficiary.organisation)
    first = add_participant(contact=beneficiary, **common)
    second = add_participant(contact=colleague, **common)
    assert add_participant(contact=colleague, **common) == second
    assert first.is_main and not second.is_main
    make_main(participant=second, acting_user=common["acting_user"])
    first.refresh_from_db()
    assert not first.is_main
    theirs = add_participant(contact=assignment.contact, assignment=assignment, **common)
    assert theirs.is_main
    for wrong in (
        {"contact": assignment.contact},
        {"contact": beneficiary, "assignment": assignment},
        {"contact": ContactFactory(organisation=beneficiary.organisation, former=True)},
        {"contact": assignment.contact, "assignment": AssignmentFactory()},
    ):
        with pytest.raises(ValidationError):
            add_participant(**common, **wrong)
    remove_participant(participant=second, acting_user=common["acting_user"])
    with pytest.raises(PermissionDenied):
        remove_participant(participant=first, acting_user=OfficerFactory().user)
    assert engagement.participants.count() == 2


def test_what_was_delivered_stays_once_the_engagement_is_closed(store, assignment, beneficiary):  # noqa: F811
    resource, contact = deliverable(assignment), assignment.contact
    engagement = assignment.engagement
    engagement.closed_on = timezone.localdate()
    engagement.save()
    common = {"resource": resource, "acting_user": contact.user, "acting_as": contact}
    for act, words in (
        (withdraw_resource, {"reason": "Je la reprends."}),
        (share_resource, {"organisation": beneficiary.organisation}),
    ):
        with pytest.raises(PermissionDenied, match="clos"):
            act(**common, **words)
    resource.refresh_from_db()
    assert resource.withdrawn_at is None and not resource.shares.exists()
