"""A panel of two evaluators: each alone, then together, then a decision that names its rank (T12).

Pages of officers, and the rules behind them.
"""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ilo_cms.directory.models import Contact
from ilo_cms.tenders.diffusion import cancel_tender
from ilo_cms.tenders.models import Decision, ScoreSheet
from ilo_cms.tenders.opening import open_tender
from ilo_cms.tenders.scoring import agree_scores, can_evaluate, save_scores, state_conflict
from tests.factories import ContactFactory, EngagementFactory
from tests.helpers.intranet import an_officer, as_
from tests.tenders.drafts import again, pass_deadlines
from tests.tenders.offers import deposited, in_deposit
from tests.tenders.test_outside import enter
from tests.tenders.test_selection import agree, choose, notes, score
from tests.tenders.test_selection_pages import act, archive_of, page, standing_out
from tests.tenders.test_selection_pages import notes as typed


pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(claire):
    """A tender of Claire's with two offers, just opened."""
    officer = claire.officer
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    people = [ContactFactory(organisation__name=name) for name in ("Alpha", "Bêta")]
    tender = in_deposit(*people, engagement=engagement, acting_user=claire)
    for number, person in enumerate(people, start=1):
        deposited(tender, person, pages=number)
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=claire)
    return again(tender)


def link_to(tender, name):
    return reverse("tender_act", args=[tender.pk, name])


def test_what_is_handed_in_is_read_and_offered_no_more(opened, claire):
    client = as_(claire)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=claire)
    before = page(client, opened)
    assert link_to(opened, "notes") in before and link_to(opened, "interets") in before
    sheet = score(opened, claire, "8.5", "6")
    after = page(client, opened)
    assert link_to(opened, "notes") not in after and link_to(opened, "interets") not in after
    assert "Vous avez remis votre grille le" in after
    assert f'href="#sheet-{sheet.pk}"' in after and f'id="sheet-{sheet.pk}"' in after
    assert "8,5 (« Vu »)" in after


@pytest.mark.parametrize(
    ("final", "said"),
    [({}, "Vos notes sont enregistrées."), ({"is_final": "on"}, "Votre grille est remise.")],
)
def test_what_was_done_with_a_sheet_is_said(opened, claire, final, said):
    client = as_(claire)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=claire)
    act(client, opened, "notes", **typed(opened, "8,5", "6"), **final)
    assert said in page(client, opened)


def test_a_colleague_who_has_not_handed_in_reads_nobody_s_notes(opened, claire, samira):
    score(opened, claire, "8.5", "6")
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=samira)
    save_scores(tender=opened, notes=notes(opened, "3.5", "4"), acting_user=samira)
    assert "8,5" not in page(as_(samira), opened)
    assert "3,5" not in page(as_(claire), opened)
    score(opened, samira, "3.5", "4")
    for person in (claire, samira):
        text = page(as_(person), opened)
        assert "8,5" in text and "3,5" in text


def test_who_handed_in_is_told_of_whom_the_panel_waits(opened, claire, samira):
    score(opened, claire, 8, 6)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=samira)
    save_scores(tender=opened, notes=notes(opened, 7, 5), acting_user=samira)
    assert "Grille individuelle encore attendue&nbsp;: Samira Benali." in page(as_(claire), opened)
    assert standing_out(as_(claire), opened) == []
    score(opened, samira, 7, 5)
    assert "encore attendue" not in page(as_(claire), opened)
    assert standing_out(as_(claire), opened) == ["Arrêter les notes ensemble"]


def test_of_who_left_nothing_is_awaited(opened, claire, samira):
    score(opened, claire, 8, 6)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=samira)
    save_scores(tender=opened, notes=notes(opened, 7, 5), acting_user=samira)
    assert "encore attendue" in page(as_(claire), opened)
    samira.officer.is_active = False
    samira.officer.save()
    assert "encore attendue" not in page(as_(claire), opened)
    agree_scores(tender=opened, notes=notes(opened, 8, 6), acting_user=claire)


def test_the_page_asks_as_many_questions_for_two_sheets_as_for_one(opened, claire, samira):
    client = as_(claire)
    counts = []
    for person in (claire, samira):
        score(opened, person, 8, 6)
        page(client, opened)  # fills the caches
        with CaptureQueriesContext(connection) as asked:
            page(client, opened)
        counts.append(len(asked))
    assert counts[0] == counts[1], [query["sql"] for query in asked]


def test_the_page_asks_as_many_questions_for_many_who_began_as_for_one(opened, claire, samira):
    score(opened, claire, 8, 6)
    client, counts = as_(claire), []
    others = [an_officer(operator=claire.officer.operator) for _ in range(3)]
    for people in ([samira], others):
        for person in people:
            state_conflict(tender=opened, has_conflict=False, text="", acting_user=person)
            save_scores(tender=opened, notes=notes(opened, 7, 5), acting_user=person)
        page(client, opened)  # fills the caches
        with CaptureQueriesContext(connection) as asked:
            assert page(client, opened).count(str(people[-1])) >= 1
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_archive_has_each_sheet_with_its_comments_and_asks_no_more(opened, claire, samira):
    counts = []
    for person in (claire, samira):
        sheet = score(opened, person, "8.5", 6)
        archive_of(as_(claire), opened)  # fills the caches
        with CaptureQueriesContext(connection) as asked:
            text = archive_of(as_(claire), opened)["8 notes.txt"]
        assert f"Grille de {sheet.evaluator}" in text and " : 8,5 (« Vu »)" in text
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_offer_that_another_outranks_is_retained_only_on_purpose(opened, claire):
    agree(opened, claire, 8, 6)
    with pytest.raises(ValidationError, match="Bêta est au rang 2, après celle d’Alpha"):
        choose(opened, claire, index=1)
    assert choose(opened, claire, index=1, despite_rank=2).offer.author.name == "Bêta"


def test_a_rank_that_changed_since_it_was_confirmed_is_confirmed_anew(opened, claire):
    """Colleagues may agree on other notes while the form is open."""
    agree(opened, claire, 6, 8)
    with pytest.raises(ValidationError, match="Alpha est au rang 2"):
        choose(opened, claire)  # the first, when the form was opened
    with pytest.raises(ValidationError, match="Alpha est au rang 2"):
        choose(opened, claire, despite_rank=3)


@pytest.mark.parametrize("index", [0, 1])
def test_of_two_equal_offers_either_is_retained_without_a_word(opened, claire, index):
    agree(opened, claire, 7, 7)
    assert choose(opened, claire, index=index)


def test_the_form_asks_to_confirm_a_lower_rank_and_keeps_what_was_typed(opened, claire):
    client = as_(claire)
    agree(opened, claire, 8, 6)
    assert "despite-rank" not in client.get(link_to(opened, "decider")).text
    first, second = (row.pk for row in sorted_offers(opened))
    said = {"outcome": "retenue", "offer": str(second), "comment": "Plus près du terrain."}
    said[f"reason-{first}"] = "Trop loin."
    asked = act(client, opened, "decider", **said)
    assert asked.status_code == 422
    for words in (f'name="despite-rank-{second}-2"', "Plus près du terrain.", "Trop loin."):
        assert words in asked.text
    # What was confirmed of another offer, or of another rank, confirms nothing of this one.
    for ticked, status in ((f"{first}-2", 422), (f"{second}-3", 422), (f"{second}-2", 302)):
        assert not Decision.objects.exists()
        ticks = {f"despite-rank-{ticked}": "on"}
        assert act(client, opened, "decider", **said, **ticks).status_code == status
    assert Decision.objects.get().offer_id == second


def sorted_offers(tender):
    """Alpha's, then Bêta's."""
    rows = tender.invitations.order_by("organisation__name")
    return [row.offers.get() for row in rows]


def test_notes_agreed_before_a_colleague_began_are_refused_until_both_handed_in(
    opened, claire, samira
):
    score(opened, claire, 8, 6)
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=samira)
    save_scores(tender=opened, notes=notes(opened, 7, 5), acting_user=samira)
    with pytest.raises(ValidationError, match="encore attendue : Samira Benali"):
        agree_scores(tender=opened, notes=notes(opened, 8, 6), acting_user=claire)


def test_who_has_a_conflict_neither_cancels_nor_enters_an_offer_and_colleagues_do(
    opened, claire, samira
):
    state_conflict(tender=opened, has_conflict=True, text="Ma sœur.", acting_user=claire)
    acts = {
        "offre-hors-plateforme": lambda who: enter(opened, who, ContactFactory().organisation),
        "annuler": lambda who: cancel_tender(
            tender=opened, reason="Abandon.", seen=again(opened).revision, acting_user=who
        ),
    }
    for name, run in acts.items():
        with pytest.raises(PermissionDenied, match="conflit d’intérêts"):
            run(claire)
        assert link_to(opened, name) not in page(as_(claire), opened)
        assert link_to(opened, name) in page(as_(samira), opened)
        run(samira)


def test_where_all_have_a_conflict_any_of_them_ends_the_call(opened, claire, samira):
    state_conflict(tender=opened, has_conflict=True, text="Ma sœur.", acting_user=claire)
    said = {"tender": opened, "reason": "Abandon.", "seen": opened.revision, "acting_user": claire}
    with pytest.raises(PermissionDenied, match="conflit d’intérêts"):
        cancel_tender(**said)
    state_conflict(tender=opened, has_conflict=True, text="Mon frère.", acting_user=samira)
    assert link_to(opened, "annuler") in page(as_(claire), opened)
    assert link_to(opened, "decider") not in page(as_(claire), opened)
    cancel_tender(**said)
    assert again(opened).cancelled_at


def test_who_is_alone_with_a_conflict_ends_the_call(opened, claire):
    state_conflict(tender=opened, has_conflict=True, text="Ma sœur.", acting_user=claire)
    cancel_tender(tender=opened, reason="Abandon.", seen=opened.revision, acting_user=claire)
    assert again(opened).cancelled_at


def test_a_conflict_is_not_taken_back_without_a_reason(opened, claire):
    state_conflict(tender=opened, has_conflict=True, text="Ma sœur.", acting_user=claire)
    with pytest.raises(ValidationError) as refusal:
        state_conflict(tender=opened, has_conflict=False, text=" ", acting_user=claire)
    assert "n’est plus" in refusal.value.message_dict["text"][0]
    for text in ("Une homonyme.", ""):
        said = state_conflict(tender=opened, has_conflict=False, text=text, acting_user=claire)
        assert said.text == "Une homonyme."
    assert can_evaluate(claire, opened)


def test_none_is_retained_while_one_is_chosen(opened, claire):
    agree(opened, claire, 8, 6)
    with pytest.raises(ValidationError) as refusal:
        choose(opened, claire, outcome="infructueuse")
    assert "changez l’un ou l’autre" in refusal.value.message_dict["offer"][0]
    assert not Decision.objects.exists()
    choose(opened, claire, outcome="infructueuse", offer=None)


def test_who_is_retained_reads_it_at_home_and_nobody_else(opened, claire, client):
    agree(opened, claire, 8, 6)
    decision = choose(opened, claire)
    for organisation in ("Alpha", "Bêta"):
        client.force_login(Contact.objects.get(organisation__name=organisation).user)
        said = client.get(reverse("home")).text
        is_retained = decision.offer.invitation.organisation.name == organisation
        assert ("Votre offre est retenue : la convention est en cours" in said) is is_retained


@pytest.mark.parametrize("name", ["notes", "offre-hors-plateforme"])
def test_the_page_says_why_an_act_is_closed(opened, claire, name):
    score(opened, claire, 8, 6)
    answer = as_(claire).get(reverse("tender_act", args=[opened.pk, name]), follow=True)
    assert "est remise" in answer.text or "est déjà remise" in answer.text
    assert "Ce n’est pas, ou plus" not in answer.text


def test_an_incomplete_sheet_is_kept_and_says_that_it_is_not_handed_in(opened, claire):
    state_conflict(tender=opened, has_conflict=False, text="", acting_user=claire)
    given = typed(opened, "8", "", is_final="on")
    answer = act(as_(claire), opened, "notes", **given)
    assert answer.status_code == 422
    assert "Vos notes sont enregistrées, mais votre grille n’est pas remise." in answer.text
    assert "Rien n’est enregistré" not in answer.text and "Bêta – " in answer.text
    assert ScoreSheet.objects.get().scores.count() and not ScoreSheet.objects.get().handed_in_at
    name = next(each for each in given if each.startswith("note-"))
    answer = act(as_(claire), opened, "notes", **given | {name: "onze"})
    assert "Rien n’est enregistré" in answer.text
