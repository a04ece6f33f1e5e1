"""Scoring alone, then together; deciding, and who is told what (SPEC T12–T14)."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from ilo_cms.engagements.assignments import change_status
from ilo_cms.engagements.models import Assignment, AssignmentStatus
from ilo_cms.notifications.models import Notification
from ilo_cms.notifications.texts import reset_mail_text, save_mail_text
from ilo_cms.tenders.comparison import comparison
from ilo_cms.tenders.decisions import decide, reasons_of
from ilo_cms.tenders.deposits import deposit
from ilo_cms.tenders.models import (
    Decision,
    Invitation,
    Letter,
    Outcome,
    Participation,
    Phase,
    ScoreSheet,
    Tender,
)
from ilo_cms.tenders.offers import Partner, save_draft, set_partners
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.results import result_for
from ilo_cms.tenders.scoring import (
    Note,
    agree_scores,
    hand_in,
    ranks,
    save_scores,
    scored,
    state_conflict,
    total,
)
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    EngagementFactory,
    OfficerFactory,
    UserFactory,
)
from tests.helpers.intranet import an_officer
from tests.tenders.drafts import again, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, read, standing


pytestmark = pytest.mark.django_db


@pytest.fixture
def karim(claire):
    return an_officer(operator=claire.officer.operator)


@pytest.fixture
def providers():
    return [ContactFactory(organisation__name=name, has_access=True) for name in ("Alpha", "Bêta")]


@pytest.fixture
def opened(claire, providers):
    """A tender of Claire's with two offers, just opened."""
    officer = claire.officer
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    tender = in_deposit(*providers, engagement=engagement, acting_user=claire)
    deposited(tender, providers[0], price="4000")
    deposited(tender, providers[1], price="5000", pages=2)
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=claire)
    return again(tender)


def notes(tender, *values):
    """The same note on every criterion of each offer, in order of names."""
    offers, criteria = scored(tender)
    return {
        (standing(offer), criterion.pk): Note(Decimal(value), "Vu")
        for offer, value in zip(offers, values, strict=True)
        for criterion in criteria
    }


def score(tender, person, *values):
    state_conflict(tender=tender, has_conflict=False, text="", acting_user=person)
    save_scores(tender=tender, notes=notes(tender, *values), acting_user=person)
    return hand_in(tender=tender, acting_user=person)


def agree(tender, person, *values):
    score(tender, person, *values)
    agree_scores(tender=tender, notes=notes(tender, *values), acting_user=person)


def choose(tender, person, index=0, **values):
    offers, _ = scored(tender)
    others = {offer: "Méthode moins précise" for offer in offers if offer != offers[index]}
    words = {
        "outcome": Outcome.RETAINED,
        "offer": offers[index],
        "comment": "La plus adaptée.",
        "reasons": others,
        "seen": again(tender).revision,
    }
    return decide(tender=tender, acting_user=person, **words | values)


def test_a_total_is_exact_and_ties_share_a_rank(opened):
    _, criteria = scored(opened)  # 60 and 40 %
    given = {criteria[0].pk: Decimal("7.25"), criteria[1].pk: Decimal("3.33")}
    assert total(given, criteria) == Decimal("56.82")
    assert total({criteria[0].pk: Decimal(10)}, criteria) is None
    assert ranks({"a": Decimal(5), "b": Decimal(7), "c": Decimal(5), "d": None}) == {
        "b": 1,
        "a": 2,
        "c": 2,
    }


def test_nobody_scores_before_stating_their_interests(opened, claire):
    with pytest.raises(PermissionDenied, match="déclaration d’intérêts"):
        save_scores(tender=opened, notes={}, acting_user=claire)


def test_who_has_a_conflict_neither_scores_nor_decides(opened, claire, karim):
    state_conflict(tender=opened, has_conflict=True, text="Ancien employeur", acting_user=karim)
    agree(opened, claire, 8, 6)
    for act in (
        lambda: save_scores(tender=opened, notes={}, acting_user=karim),
        lambda: hand_in(tender=opened, acting_user=karim),
        lambda: agree_scores(tender=opened, notes=notes(opened, 1, 1), acting_user=karim),
        lambda: choose(opened, karim),
    ):
        with pytest.raises(PermissionDenied, match="conflit"):
            act()


def test_a_conflict_is_explained(opened, claire):
    with pytest.raises(ValidationError) as refusal:
        state_conflict(tender=opened, has_conflict=True, text=" ", acting_user=claire)
    assert "text" in refusal.value.error_dict


def test_a_sheet_is_its_authors_until_both_have_handed_in(opened, claire, karim):
    score(opened, claire, 8, 6)
    assert ScoreSheet.objects.visible_to(claire).count() == 1
    assert not ScoreSheet.objects.visible_to(karim).exists()
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=karim)
    save_scores(tender=opened, notes=notes(opened, 5, 5), acting_user=karim)
    assert ScoreSheet.objects.visible_to(karim).count() == 1
    assert ScoreSheet.objects.visible_to(claire).count() == 1
    hand_in(tender=opened, acting_user=karim)
    assert ScoreSheet.objects.visible_to(karim).count() == 2
    assert ScoreSheet.objects.visible_to(claire).count() == 2


def test_a_sheet_handed_in_changes_no_more(opened, claire):
    score(opened, claire, 8, 6)
    with pytest.raises(ValidationError, match="remise"):
        save_scores(tender=opened, notes=notes(opened, 1, 1), acting_user=claire)
    with pytest.raises(ValidationError, match="remise"):
        state_conflict(tender=opened, has_conflict=True, text="Trop tard", acting_user=claire)


def test_an_incomplete_sheet_is_not_handed_in(opened, claire):
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=claire)
    some = dict(list(notes(opened, 8, 6).items())[:3])
    save_scores(tender=opened, notes=some, acting_user=claire)
    with pytest.raises(ValidationError, match="Il manque 1 note : Bêta – "):
        hand_in(tender=opened, acting_user=claire)


@pytest.mark.parametrize("value", ["-0.01", "10.01", "11"])
def test_notes_have_bounds(opened, claire, value):
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=claire)
    with pytest.raises(ValidationError, match="de 0 à 10"):
        save_scores(tender=opened, notes=notes(opened, value, 1), acting_user=claire)


def test_the_panel_waits_for_a_colleague_who_began(opened, claire, karim):
    score(opened, claire, 8, 6)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=karim)
    save_scores(tender=opened, notes={}, acting_user=karim)
    with pytest.raises(ValidationError, match="encore attendue"):
        agree_scores(tender=opened, notes=notes(opened, 8, 6), acting_user=claire)


def test_a_conflict_declared_after_notes_were_begun_holds_nobody_up(opened, claire, karim):
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=karim)
    save_scores(tender=opened, notes=notes(opened, 5, 5), acting_user=karim)
    state_conflict(tender=opened, has_conflict=True, text="Associé", acting_user=karim)
    agree(opened, claire, 8, 6)
    assert choose(opened, claire).offer


def test_the_comparison_shows_what_was_deposited_and_ranks_by_agreed_notes(
    opened, claire, providers
):
    agree(opened, claire, 6, 8)
    lines, _ = comparison(opened, claire)
    said = [(str(line.offer.author), line.rank, line.total, line.price) for line in lines]
    assert said == [
        ("Bêta", 1, Decimal("80"), Decimal("5000.00")),
        ("Alpha", 2, Decimal("60"), Decimal("4000.00")),
    ]
    assert lines[0].day_rate == Decimal("769.23")


def test_a_partner_who_also_answered_is_told_to_officers(claire, providers):
    officer = claire.officer
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    tender = in_deposit(*providers, engagement=engagement, acting_user=claire)
    offer = deposited(tender, providers[0])
    deposited(tender, providers[1], pages=2)
    rival = Partner("Bêta", providers[1].organisation.siren)
    set_partners(offer=offer, partners=[rival], acting_as=providers[0])
    save_draft(offer=offer, values={"price": Decimal("1")}, acting_as=providers[0])
    deposit(offer=read(offer), key=uuid4(), acting_as=providers[0])
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=claire)
    lines, _ = comparison(again(tender), claire)
    assert [bool(line.warnings) for line in lines] == [True, False]


def test_a_decision_makes_the_assignment_from_what_was_deposited(opened, claire, providers):
    agree(opened, claire, 9, 6)
    decision = choose(opened, claire)
    row = Assignment.objects.get(pk=decision.assignment_id)
    assert (row.provider, row.amount) == (providers[0].organisation, Decimal("4000.00"))
    assert row.status == AssignmentStatus.TENDERED
    assert phase(again(opened), again(opened).deposit_deadline) == Phase.SIGNATURE


def test_each_is_told_and_reads_their_own_scores_alone(opened, claire, providers):
    agree(opened, claire, 9, 6)
    choose(opened, claire)
    won, lost = (result_for(person, again(opened)) for person in providers)
    assert [own.is_retained for own in won.offers] == [True]
    assert [(own.is_retained, own.reason, own.total) for own in lost.offers] == [
        (False, "Méthode moins précise", Decimal("60"))
    ]
    assert [str(letter.organisation) for letter in lost.letters] == ["Bêta"]
    assert "Méthode moins précise" in lost.letters[0].body
    assert Letter.objects.count() == 2
    kinds = Notification.objects.filter(kind__in=["tender.retained", "tender.not_retained"])
    assert dict(kinds.values_list("recipient", "kind")) == {
        providers[0].user_id: "tender.retained",
        providers[1].user_id: "tender.not_retained",
    }


def test_who_left_before_the_decision_reads_none_of_it(opened, claire, providers):
    agree(opened, claire, 9, 6)
    decision = choose(opened, claire)
    contact = providers[1]
    contact.ended_on = timezone.localdate()
    assert result_for(contact, again(opened)) is not None
    Decision.objects.filter(pk=decision.pk).update(decided_at=timezone.now() + timedelta(days=1))
    assert result_for(contact, again(opened)) is None


def test_who_had_declined_reads_the_decision_on_an_offer_entered_for_it(opened, claire, providers):
    Invitation.objects.filter(organisation=providers[1].organisation).update(
        participation=Participation.NONE
    )
    agree(opened, claire, 9, 6)
    choose(opened, claire)
    assert [own.is_retained for own in result_for(providers[1], again(opened)).offers] == [False]


def test_a_stranger_reads_the_decision_of_no_offer(opened, claire):
    agree(opened, claire, 9, 6)
    choose(opened, claire)
    assert result_for(ContactFactory(), again(opened)) is None


def test_a_decision_needs_agreed_notes_a_comment_and_reasons(opened, claire):
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=claire)
    with pytest.raises(ValidationError, match="Arrêtez d’abord"):
        choose(opened, claire)
    agree(opened, claire, 9, 6)
    for values, field in (
        ({"comment": " "}, "comment"),
        ({"reasons": {}}, "reasons"),
        ({"offer": None}, "offer"),
        ({"outcome": "autre"}, "outcome"),
    ):
        with pytest.raises(ValidationError) as refusal:
            choose(opened, claire, **values)
        assert field in refusal.value.error_dict
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    ("authors", "said"),
    [(["Alpha"], "cette offre n’est"), (["Alpha", "Bêta"], "chacune de ces offres n’est")],
)
def test_offers_without_a_reason_are_named_in_their_number(authors, said):
    silent = [SimpleNamespace(pk=name, author=name) for name in authors]
    with pytest.raises(ValidationError, match=f"{said} pas retenue : {', '.join(authors)}"):
        reasons_of(silent, SimpleNamespace(pk="Gamma"), {}, "La meilleure.")


def test_two_officers_decide_once(opened, claire):
    agree(opened, claire, 9, 6)
    seen = again(opened).revision
    choose(opened, claire)
    with pytest.raises(ValidationError) as refusal:
        choose(opened, claire, index=1, seen=seen)
    assert refusal.value.code == "changed"


def test_an_unsuccessful_tender_keeps_no_offer_and_says_why(opened, claire, providers):
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=claire)
    decision = choose(
        opened, claire, outcome=Outcome.UNSUCCESSFUL, offer=None, comment="Trop cher.", reasons={}
    )
    assert decision.assignment is None
    assert {row.reason for row in decision.rejections.all()} == {"Trop cher."}
    assert phase(again(opened), again(opened).deposit_deadline) == Phase.UNSUCCESSFUL


def test_a_letter_keeps_the_administrators_words_of_that_day(opened, claire, providers):
    boss = UserFactory(administrator=True)
    words = {"subject": "Votre offre : {title}", "text": "Merci, {organisation}. {reason}."}
    save_mail_text(kind_name="tender.not_retained", acting_user=boss, **words)
    agree(opened, claire, 9, 6)
    choose(opened, claire)
    reset_mail_text(kind_name="tender.not_retained", acting_user=boss)
    letter = Letter.objects.get(offer__invitation__organisation__name="Bêta")
    assert letter.subject == f"Votre offre : {opened.title}"
    assert letter.body == "Merci, Bêta. Méthode moins précise."
    assert [row.body for row in result_for(providers[1], again(opened)).letters] == [letter.body]


def test_an_inactive_provider_is_not_retained(opened, claire, providers):
    agree(opened, claire, 9, 6)
    organisation = providers[0].organisation
    organisation.is_active = False
    organisation.save()
    with pytest.raises(ValidationError, match="inactive"):
        choose(opened, claire)


def test_an_abandoned_assignment_is_given_to_nobody(opened, claire):
    agree(opened, claire, 9, 6)
    row = AssignmentFactory(engagement=opened.engagement, status=AssignmentStatus.ABANDONED)
    Tender.objects.filter(pk=opened.pk).update(assignment=row)
    with pytest.raises(ValidationError, match="est abandonnée"):
        choose(opened, claire)
    change_status(assignment=row, transition="resume", reason="Reprise", acting_user=claire)
    choose(opened, claire)
    row.refresh_from_db()
    assert row.status == AssignmentStatus.TENDERED


def test_officers_elsewhere_score_and_decide_nothing(opened, claire, wired):
    elsewhere = OfficerFactory().user
    with pytest.raises(PermissionDenied):
        state_conflict(tender=opened, has_conflict=False, text="", acting_user=elsewhere)
    with pytest.raises(PermissionDenied):
        choose(opened, elsewhere)
