"""Preparing, depositing, confirming and withdrawing an offer (SPEC T6–T9)."""

from decimal import Decimal
from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditDetail, AuditEvent
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.officers import sync_groups
from ilo_cms.documents.models import Document
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.tenders.deposits import MOST_LATE, confirm, deposit, digest_of, withdraw
from ilo_cms.tenders.diffusion import invite_more
from ilo_cms.tenders.models import Deposit, DepositKind, LateAttempt, Offer, Tender
from ilo_cms.tenders.offers import (
    Partner,
    add_file,
    draft_of,
    remove_file,
    save_draft,
    set_partners,
)
from ilo_cms.tenders.opening import open_tender
from tests.factories import (
    ContactFactory,
    DocumentTypeFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.helpers.amounts import says
from tests.helpers.files import pdf
from tests.tenders.drafts import a_sent_tender, accept, again, boss, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, offer_type, place_of, read, ready


pytestmark = pytest.mark.django_db


def test_a_complete_offer_is_deposited_with_all_it_says(marina):
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    row = deposit(offer=offer, key=uuid4(), acting_as=marina)
    assert (row.kind, row.number, row.by) == (DepositKind.DEPOSITED, 1, marina.user)
    assert row.content["price"] == "4200.50"
    assert [file["name"] for file in row.content["files"]] == ["offre.pdf"]
    assert [each.digest for each in row.documents.all()] == [row.content["files"][0]["digest"]]
    stored = Deposit.objects.get(pk=row.pk)
    assert stored.digest == digest_of(stored)


def test_a_double_click_deposits_once(marina):
    offer = ready(in_deposit(marina), marina)
    key = uuid4()
    first, second = (deposit(offer=offer, key=key, acting_as=marina) for _ in range(2))
    assert first.pk == second.pk
    third = deposit(offer=offer, key=uuid4(), acting_as=marina)  # another tab, nothing changed
    assert third.pk == first.pk
    assert Notification.objects.filter(kind="tender.receipt").count() == 1


def test_the_key_of_another_offer_is_refused(marina):
    other, key = ContactFactory(has_access=True), uuid4()
    tender = in_deposit(marina, other)
    deposit(offer=ready(tender, other), key=key, acting_as=other)
    offer = ready(tender, marina)
    with pytest.raises(ValidationError, match="rechargez-la"):
        deposit(offer=offer, key=key, acting_as=marina)
    assert not offer.deposits.exists()


def test_a_page_shown_again_by_the_browser_deposits_what_was_changed_there(marina):
    offer = ready(in_deposit(marina), marina)
    key = uuid4()
    deposit(offer=offer, key=key, acting_as=marina)
    values = {"price": Decimal("3900")}
    second = deposit(offer=offer, key=key, acting_as=marina, values=values)
    assert (second.number, second.content["price"]) == (2, "3900.00")
    again_at_once = deposit(offer=offer, key=second.key, acting_as=marina, values=values)
    assert again_at_once.pk == second.pk


def test_a_double_click_over_the_deadline_is_not_late(marina):
    tender = in_deposit(marina)
    offer, key = ready(tender, marina), uuid4()
    values = {"price": Decimal("3900")}
    first = deposit(offer=offer, key=key, acting_as=marina, values=values)
    pass_deadlines(tender, deposits=True)
    assert deposit(offer=offer, key=key, acting_as=marina, values=values).pk == first.pk
    changed = deposit(offer=offer, key=key, acting_as=marina, values={"price": Decimal(1)})
    assert isinstance(changed, LateAttempt)


def test_a_page_used_before_a_withdrawal_neither_deposits_nor_says_so(marina):
    offer = ready(in_deposit(marina), marina)
    keys = uuid4(), uuid4()
    deposit(offer=offer, key=keys[0], acting_as=marina)
    withdraw(offer=offer, key=keys[1], acting_as=marina)
    with pytest.raises(ValidationError, match="a déjà servi"):
        deposit(offer=offer, key=keys[0], acting_as=marina)
    deposit(offer=offer, key=uuid4(), acting_as=marina)
    with pytest.raises(ValidationError, match="a déjà servi"):
        withdraw(offer=offer, key=keys[1], acting_as=marina)
    assert Deposit.objects.standing().exists()


def test_a_changed_offer_is_deposited_again_and_the_first_is_kept(marina):
    offer = ready(in_deposit(marina), marina)
    first = deposit(offer=offer, key=uuid4(), acting_as=marina)
    save_draft(offer=offer, values={"price": Decimal("3900")}, acting_as=marina)
    second = deposit(offer=offer, key=uuid4(), acting_as=marina)
    assert (second.number, second.content["price"]) == (2, "3900.00")
    assert Deposit.objects.get(pk=first.pk).content["price"] == "4200.50"
    assert list(Deposit.objects.standing()) == [second]


@pytest.mark.parametrize("was_cae", [False, True])
@pytest.mark.parametrize("is_later", [False, True])
def test_a_record_that_changes_its_kind_adds_no_offer_and_takes_none(marina, was_cae, is_later):
    records = Organisation.objects.filter(pk=marina.organisation_id)
    records.update(is_cae=was_cae)
    tender = a_sent_tender(*([] if is_later else [marina.organisation]))
    if is_later:
        sent = {"because": {}, "seen": tender.revision, "acting_user": boss(tender)}
        invite_more(tender=tender, organisations=[marina.organisation], **sent)
    accept(tender)
    records.update(is_cae=not was_cae)  # before anybody has a draft
    place = place_of(pass_deadlines(tender), marina)
    offer = draft_of(invitation=place, acting_as=marina)
    colleague = ContactFactory(organisation=marina.organisation, has_access=True)
    theirs = draft_of(invitation=place, acting_as=colleague)
    assert (theirs == offer) != was_cae


def test_places_sent_before_keep_what_their_offers_say():
    migration = import_module("ilo_cms.tenders.migrations.0003_offers_by_cooperator")
    people = [ContactFactory(organisation__is_cae=is_cae) for is_cae in (True, True, False, False)]
    tender = a_sent_tender(*(each.organisation for each in people))
    cae, shared, other, own = (place_of(tender, each) for each in people)
    Offer.objects.create(invitation=shared)
    Offer.objects.create(invitation=own, cooperator=people[3])
    tender.invitations.update(by_cooperator=False)
    migration.fix_places(apps, None)
    assert set(tender.invitations.filter(by_cooperator=True)) == {cae, own}


def test_an_incomplete_offer_says_all_that_it_lacks(marina):
    tender = in_deposit(marina)
    tender.required_types.add(offer_type())
    offer = draft_of(invitation=place_of(tender, marina), acting_as=marina)
    with pytest.raises(ValidationError) as refusal:
        deposit(offer=offer, key=uuid4(), acting_as=marina)
    said = " ".join(refusal.value.messages)
    for word in ("prix", "jours", "établissement", "Offre d’intervention"):
        assert word in said
    assert not Deposit.objects.exists()


def test_nothing_is_deposited_before_the_answers_end(marina):
    tender = a_sent_tender(marina.organisation)
    accept(tender)
    offer = ready(tender, marina)
    with pytest.raises(ValidationError, match="Le dépôt ouvre le"):
        deposit(offer=offer, key=uuid4(), acting_as=marina)
    assert not LateAttempt.objects.exists()


def test_only_who_accepted_prepares_an_offer(marina):
    tender = pass_deadlines(a_sent_tender(marina.organisation))
    with pytest.raises(ValidationError, match="Acceptez"):
        draft_of(invitation=place_of(tender, marina), acting_as=marina)


@pytest.mark.parametrize("act", [deposit, withdraw, confirm])
def test_what_comes_too_late_is_kept_and_told_and_changes_nothing(marina, act):
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    before = deposit(offer=offer, key=uuid4(), acting_as=marina)
    tender = pass_deadlines(tender, deposits=True)
    offer = read(offer)
    key = uuid4()
    late = act(offer=offer, key=key, acting_as=marina)
    assert isinstance(late, LateAttempt)
    assert late.deadline == tender.deposit_deadline
    assert act(offer=offer, key=key, acting_as=marina).pk == late.pk
    assert list(Deposit.objects.standing()) == [before]
    assert Notification.objects.filter(kind="tender.late").count() == 1


def test_after_ten_late_acts_the_next_are_answered_and_not_kept(marina, caplog):
    paul = ContactFactory(has_access=True)
    tender = in_deposit(marina, paul)
    offer, other = deposited(tender, marina), deposited(tender, paul, pages=2)
    pass_deadlines(tender, deposits=True)
    acts = [deposit, withdraw, confirm] * 4
    rows = [act(offer=offer, key=uuid4(), acting_as=marina) for act in acts]
    assert [row.is_kept for row in rows] == [True] * MOST_LATE + [False, False]
    assert {row.reason for row in rows} == {rows[0].reason}
    assert "Votre demande est conservée" in rows[0].told
    assert "celle-ci ne l’est pas" in rows[-1].told
    assert set(LateAttempt.objects.all()) == set(rows[:MOST_LATE])
    assert Notification.objects.filter(kind="tender.late").count() == MOST_LATE
    assert AuditEvent.objects.filter(action="offer.late").count() == MOST_LATE
    told = [each.getMessage() for each in caplog.records if "too late" in each.getMessage()]
    assert len(told) == 2 and str(tender.pk) in told[0]
    assert not [each for each in told if str(offer.pk) in each or str(marina.pk) in each]
    assert deposit(offer=offer, key=rows[0].key, acting_as=marina) == rows[0]  # the same click
    assert deposit(offer=other, key=uuid4(), acting_as=paul).is_kept  # each offer has its ten


def test_a_withdrawn_offer_stands_no_more_and_may_come_back(marina):
    offer = ready(in_deposit(marina), marina)
    deposit(offer=offer, key=uuid4(), acting_as=marina)
    withdraw(offer=offer, key=uuid4(), acting_as=marina)
    assert not Offer.objects.standing().exists()
    with pytest.raises(ValidationError, match="pas déposée"):
        withdraw(offer=offer, key=uuid4(), acting_as=marina)
    deposit(offer=offer, key=uuid4(), acting_as=marina)
    assert list(Offer.objects.standing()) == [offer]


def test_after_a_change_of_what_is_asked_an_offer_is_confirmed_as_it_was(marina):
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    first = deposit(offer=offer, key=uuid4(), acting_as=marina)
    assert confirm(offer=offer, key=uuid4(), acting_as=marina).pk == first.pk  # nothing to confirm
    type(tender).objects.filter(pk=tender.pk).update(requirements=2)
    save_draft(offer=offer, values={"price": Decimal("1")}, acting_as=marina)
    again_ = confirm(offer=offer, key=uuid4(), acting_as=marina)
    assert (again_.kind, again_.requirements) == (DepositKind.CONFIRMED, 2)
    assert again_.content == first.content
    assert set(again_.documents.all()) == set(first.documents.all())


def test_the_receipt_of_each_act_says_what_became_of_the_offer(marina):
    tender = in_deposit(marina)
    offer = deposited(tender, marina)
    type(tender).objects.filter(pk=tender.pk).update(requirements=2)
    for act, said in ((None, "déposée"), (confirm, "confirmée"), (withdraw, "retirée")):
        row = act(offer=offer, key=uuid4(), acting_as=marina) if act else Deposit.objects.get()
        notice = Notification.objects.get(about_id=row.pk)
        assert notice.text.startswith(f"Votre offre pour « {tender.title} » est {said}.")
        assert f"est {said}." in notice.mail.body


def test_an_offer_without_a_document_required_since_is_deposited_again_not_confirmed(marina):
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    deposit(offer=offer, key=uuid4(), acting_as=marina)
    type(tender).objects.filter(pk=tender.pk).update(requirements=2)
    tender.required_types.add(DocumentTypeFactory(label="Références"))
    with pytest.raises(ValidationError, match="exigé depuis votre dépôt : Références"):
        confirm(offer=offer, key=uuid4(), acting_as=marina)
    tender.required_types.clear()
    assert confirm(offer=offer, key=uuid4(), acting_as=marina).kind == DepositKind.CONFIRMED


def test_a_document_required_by_the_tender_is_taken_though_its_type_was_closed_since(marina):
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    kind = DocumentTypeFactory(label="Références")
    tender.required_types.add(kind)
    type(kind).objects.filter(pk=kind.pk).update(is_active=False)
    kind.refresh_from_db()
    file = ContentFile(pdf(pages=2), name="references.pdf")
    add_file(invitation=offer.invitation, file=file, document_type=kind, acting_as=marina)
    assert deposit(offer=offer, key=uuid4(), acting_as=marina).documents.count() == 2
    tender.required_types.clear()
    with pytest.raises(ValidationError, match="plus demandé"):
        add_file(invitation=offer.invitation, file=file, document_type=kind, acting_as=marina)


def test_the_opening_record_says_what_was_not_confirmed(wired):
    people = [ContactFactory(has_access=True, organisation__name=name) for name in ("A", "B")]
    tender = in_deposit(*people)
    offers = [deposited(tender, person) for person in people]
    type(tender).objects.filter(pk=tender.pk).update(requirements=2)
    confirm(offer=offers[0], key=uuid4(), acting_as=people[0])
    tender = pass_deadlines(tender, deposits=True)
    opening = open_tender(tender=tender, acting_user=boss(tender))
    assert [line["is_confirmed"] for line in opening.record["offers"]] == [True, False]


def test_nobody_else_touches_an_offer(marina):
    stranger, paul = ContactFactory(has_access=True), ContactFactory(has_access=True)
    tender = in_deposit(marina, paul)
    offer = ready(tender, marina)
    for person in (stranger, paul):
        for act in (deposit, withdraw, confirm):
            with pytest.raises(PermissionDenied):
                act(offer=offer, key=uuid4(), acting_as=person)
        with pytest.raises(PermissionDenied):
            save_draft(offer=offer, values={"price": Decimal("1")}, acting_as=person)


def test_cooperators_of_a_cae_have_each_their_own_sealed_offer():
    cae = OrganisationFactory(is_cae=True)
    anna, leo = (ContactFactory(organisation=cae, has_access=True) for _ in range(2))
    tender = in_deposit(anna)
    hers, his = ready(tender, anna, "100"), ready(tender, leo, "200", pages=2)
    assert hers.pk != his.pk
    assert [each.pk for each in Offer.objects.known_to(anna)] == [hers.pk]
    with pytest.raises(PermissionDenied):
        deposit(offer=hers, key=uuid4(), acting_as=leo)
    for offer, person in ((hers, anna), (his, leo)):
        deposit(offer=offer, key=uuid4(), acting_as=person)
    told = Notification.objects.filter(kind="tender.receipt").values_list("recipient", "about_id")
    assert {person for person, _ in told} == {anna.user_id, leo.user_id}
    assert len(told) == 2


def test_until_the_opening_officers_read_no_offer_and_then_only_what_stands(wired, marina):
    paul = ContactFactory(has_access=True)
    tender = in_deposit(marina, paul)
    mine, gone = ready(tender, marina), ready(tender, paul, pages=2)
    deposit(offer=mine, key=uuid4(), acting_as=marina)
    deposit(offer=gone, key=uuid4(), acting_as=paul)
    withdraw(offer=gone, key=uuid4(), acting_as=paul)
    sync_groups(boss(tender))
    officer = User.objects.get(pk=boss(tender).pk)
    document = mine.files.get().document
    assert not Offer.objects.visible_to(officer).exists()
    assert not Document.objects.visible_to(officer).filter(pk=document.pk).exists()
    with pytest.raises(ValidationError, match="scellées"):
        open_tender(tender=tender, acting_user=officer)
    pass_deadlines(tender, deposits=True)
    opening = open_tender(tender=tender, acting_user=officer)
    assert open_tender(tender=tender, acting_user=officer).pk == opening.pk
    assert list(Offer.objects.visible_to(officer)) == [mine]
    assert Document.objects.visible_to(officer).filter(pk=document.pk).exists()
    assert not Document.objects.visible_to(officer).filter(pk=gone.files.get().document.pk).exists()
    assert {line["stands"] for line in opening.record["offers"]} == {True, False}


def test_authors_read_their_files_and_nobody_else_does(marina):
    paul = ContactFactory(has_access=True)
    tender = in_deposit(marina, paul)
    offer = ready(tender, marina)
    document = offer.files.get().document
    assert document in Document.objects.visible_to(marina.user, marina)
    assert document not in Document.objects.visible_to(paul.user, paul)
    assert document not in Document.objects.current()
    remove_file(offer_file=offer.files.get(), acting_as=marina)
    assert not offer.files.filter(removed_at=None).exists()


def test_the_log_and_the_mails_say_neither_who_nor_what_before_the_opening(marina):
    offer = ready(in_deposit(marina), marina, price="7777.77", name="canari-offre.pdf")
    deposit(offer=offer, key=uuid4(), acting_as=marina)
    content = " ".join(str(row.content) for row in AuditDetail.objects.all())
    mails = " ".join(OutboxMessage.objects.values_list("body", flat=True))
    notices = " ".join(str(row) for row in Notification.objects.values_list("text", "fields"))
    for text in (content, mails, notices):
        assert not says(text, "7777.77")
        assert "canari" not in text


def test_a_partner_reads_what_stands_only_when_the_holder_says_so(marina):
    partner = ContactFactory(has_access=True)
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    named = Partner("Partenaire", partner.organisation.siren, can_read=True)
    set_partners(offer=offer, partners=[named], acting_as=marina)
    assert not Offer.objects.known_to(partner).exists()
    deposit(offer=offer, key=uuid4(), acting_as=marina)
    assert list(Offer.objects.known_to(partner)) == [offer]
    assert list(Tender.objects.known_to(partner)) == [tender]
    document = offer.files.get().document
    assert document in Document.objects.visible_to(partner.user, partner)
    withdraw(offer=offer, key=uuid4(), acting_as=marina)
    assert not Offer.objects.known_to(partner).exists()
    assert not Tender.objects.known_to(partner).exists()
    with pytest.raises(PermissionDenied):
        deposit(offer=offer, key=uuid4(), acting_as=partner)


@pytest.mark.parametrize("price", ["0", "-1"])
def test_an_offer_has_a_price_above_zero(marina, price):
    tender = in_deposit(marina)
    offer = draft_of(invitation=place_of(tender, marina), acting_as=marina)
    with pytest.raises(ValidationError) as refusal:
        save_draft(offer=offer, values={"price": Decimal(price)}, acting_as=marina)
    assert "price" in refusal.value.error_dict


def test_a_cancelled_tender_takes_no_offer(marina):
    tender = in_deposit(marina)
    offer = ready(tender, marina)
    type(tender).objects.filter(pk=tender.pk).update(
        cancelled_at=again(tender).deposit_deadline, cancel_reason="Projet abandonné."
    )
    assert isinstance(deposit(offer=offer, key=uuid4(), acting_as=marina), LateAttempt)


@pytest.mark.usefixtures("indexed")
def test_the_intranet_lists_no_mail_that_says_who_deposited(wired, client, marina):
    offer = ready(in_deposit(marina), marina)
    deposit(offer=offer, key=uuid4(), acting_as=marina)
    receipt = OutboxMessage.objects.get(notice__kind="tender.receipt")
    OutboxMessage.objects.update(dead_at=receipt.created_at, last_error="refusé")
    administrator = UserFactory(administrator=True)
    sync_groups(administrator)
    client.force_login(administrator)
    for path in ("/admin/courriels/", "/admin/courriels/?export=csv", "/admin/courriels/?q=Reçu"):
        answer = client.get(path)
        text = (b"".join(answer) if answer.streaming else answer.content).decode("utf-8-sig")
        assert "Reçu pour votre offre" not in text
    assert client.get(f"/admin/courriels/{receipt.pk}/renvoyer/").status_code == 404
    assert (
        offer.invitation.tender.title
        not in client.get("/admin/courriels/textes/tender.receipt/").content.decode()
    )
    assert receipt not in OutboxMessage.objects.unsealed().in_trouble()
