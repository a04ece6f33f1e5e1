"""What an organisation does with the resources that it deposited (SPEC E9)."""

from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.engagements.models import ResourceShare
from ilo_cms.referentials.models import DocumentType
from tests.factories import AssignmentFactory, ContactFactory, ResourceFactory


pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment():
    return AssignmentFactory(label="Structurer la gouvernance")


@pytest.fixture
def resource(assignment):
    """A deliverable that nobody else reads yet."""
    return ResourceFactory(
        engagement=assignment.engagement,
        assignment=assignment,
        organisation=assignment.provider,
        deposited_by=assignment.contact.user,
        title="Rapport d’étape",
    )


@pytest.fixture
def beneficiary(assignment):
    return ContactFactory(organisation=assignment.engagement.beneficiary)


def page_of(client, resource) -> str:
    """The documents' page of its engagement."""
    return unescape(client.get(reverse("engagement_documents", args=[resource.engagement_id])).text)


def press(client, contact, resource, do, **typed):
    """Press one of the buttons; the page that follows."""
    form = {"acting_as": str(contact.pk), "do": do} | typed
    answer = client.post(reverse("own_resource", args=[resource.pk]), form, follow=True)
    return answer.status_code, unescape(answer.text)


def acts(resource) -> list[str]:
    """The names of what the log holds of it, oldest first."""
    rows = AuditEvent.objects.filter(target_id=str(resource.pk)).order_by("sequence")
    return list(rows.values_list("action", flat=True))


def test_who_deposited_shares_takes_back_and_withdraws(sign_in, assignment, resource, beneficiary):
    contact, reader = assignment.contact, beneficiary.organisation
    client = sign_in(contact.user)
    _, page = press(client, contact, resource, "share", organisation=reader.pk)
    assert f"Également lisible par {reader}." in page
    page = page_of(sign_in(beneficiary.user), resource)
    assert resource.title in page and reverse("own_resource", args=[resource.pk]) not in page
    client = sign_in(contact.user)
    press(client, contact, resource, "unshare", organisation=reader.pk)
    assert resource.title not in page_of(sign_in(beneficiary.user), resource)
    client = sign_in(contact.user)
    assert "Dites pourquoi" in press(client, contact, resource, "withdraw", reason=" ")[1]
    _, page = press(client, contact, resource, "withdraw", reason="Erreur de dossier.")
    assert "plus personne ne lit « Rapport d’étape »" in page
    assert reverse("own_resource", args=[resource.pk]) not in page
    assert acts(resource) == ["resource.shared", "resource.unshared", "resource.withdrawn"]
    assert press(client, contact, resource, "share", organisation=reader.pk)[0] == 404


def test_nobody_else_does(sign_in, assignment, resource, beneficiary):
    ResourceShare.objects.create(
        resource=resource, organisation=beneficiary.organisation, shared_by=assignment.contact.user
    )
    former = ContactFactory(organisation=assignment.provider, former=True)
    for contact in (beneficiary, AssignmentFactory().contact, former):
        client = sign_in(contact.user)
        status, _ = press(client, contact, resource, "withdraw", reason="Non.")
        assert status == 404, contact
    assert acts(resource) == []


def test_a_former_contact_reads_without_buttons(sign_in, assignment, resource):
    former = assignment.contact
    former.ended_on = timezone.localdate(resource.created_at)
    former.save()
    client = sign_in(former.user)
    page = page_of(client, resource)
    assert resource.title in page and reverse("own_resource", args=[resource.pk]) not in page
    _, page = press(client, former, resource, "withdraw", reason="Je suis parti.")
    assert acts(resource) == [] and resource.title in page


@pytest.mark.parametrize("do", ["share", "unshare", ""])
def test_a_stranger_is_no_party(sign_in, assignment, resource, do):
    contact = assignment.contact
    for key in ("", str(ContactFactory().organisation_id)):
        status, page = press(sign_in(contact.user), contact, resource, do, organisation=key)
        assert status == 200
        assert "ne participe plus à cet accompagnement" in page
    assert acts(resource) == []


def test_another_capacity_does_not_press(sign_in, assignment, resource):
    other = ContactFactory(user=assignment.contact.user)
    status, _ = press(
        sign_in(assignment.contact.user, assignment.contact), other, resource, "withdraw"
    )
    assert status == 409 and acts(resource) == []


def test_someone_who_works_on_several_assignments_is_named_once(sign_in, assignment):
    AssignmentFactory(
        engagement=assignment.engagement, contact=assignment.contact, label="Former le bureau"
    )
    assignment.contact.phone = "+33612345678"
    assignment.contact.save()
    client = sign_in(assignment.contact.user)
    address = reverse("engagement_contacts", args=[assignment.engagement_id])
    page = unescape(client.get(address).text)
    assert page.count(f"<h3>{assignment.contact.user}</h3>") == 1
    assert ">06 12 34 56 78</a>" in page.replace("\xa0", " ")
    assert "Former le bureau" in page and "Structurer la gouvernance" in page


def test_the_form_says_who_takes_part_as_what_and_what_a_file_may_be(
    sign_in, assignment, resource, beneficiary
):
    DocumentType.objects.create(
        code="rapport",
        label="Rapport",
        formats="pdf,odt",
        maximum_megabytes=3,
        audience="engagement",
    )
    page = page_of(sign_in(assignment.contact.user), resource)
    assert f"{beneficiary.organisation} (bénéficiaire)" in page
    assert "Rapport (PDF ou ODT, 3 Mo au plus)" in page
    page = page_of(sign_in(beneficiary.user), resource)
    assert f"{assignment.provider} (prestataire)" in page
