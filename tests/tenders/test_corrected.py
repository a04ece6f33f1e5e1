"""An offer that an officer entered wrongly is entered again; a deposited one never is (T11)."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from ilo_cms.documents.models import Document
from ilo_cms.tenders.comparison import comparison
from ilo_cms.tenders.files import readers
from ilo_cms.tenders.models import Deposit
from ilo_cms.tenders.opening import open_tender
from tests.factories import ContactFactory, EngagementFactory, EstablishmentFactory
from tests.helpers.intranet import as_
from tests.tenders.drafts import again, pass_deadlines
from tests.tenders.offers import deposited, in_deposit, offer_type
from tests.tenders.test_outside import a_file, enter, fields_asked, outside_data
from tests.tenders.test_selection_pages import act, slot


pytestmark = pytest.mark.django_db


@pytest.fixture
def depositor():
    """Who deposited an offer on the platform."""
    return ContactFactory()


@pytest.fixture
def opened(claire, depositor):
    """A tender with that offer, opened by Claire."""
    officer = claire.officer
    engagement = EngagementFactory(operator=officer.operator, officer=officer)
    tender = in_deposit(depositor, engagement=engagement, acting_user=claire)
    deposited(tender, depositor)
    pass_deadlines(tender, deposits=True)
    open_tender(tender=tender, acting_user=claire)
    return again(tender)


def read_by(author) -> set[Document]:
    """The files of offers that an author reads."""
    return set(Document.objects.filter(readers(author.user, author)))


def test_an_offer_entered_wrongly_is_corrected_by_another_act_on_it(opened, claire):
    organisation = EstablishmentFactory().organisation
    author = ContactFactory(organisation=organisation)
    first = enter(opened, claire, organisation)
    assert read_by(author) == set(first.documents.all())
    said = {"price": Decimal(4100), "files": [(offer_type(), a_file(pages=5))]}
    with pytest.raises(ValidationError) as refusal:
        enter(opened, claire, organisation, **said)
    assert "cochez pour la corriger" in refusal.value.message_dict["corrects"][0]
    second = enter(opened, claire, organisation, corrects=opened.revision, **said)
    assert (second.offer, second.number) == (first.offer, 2)
    assert Deposit.objects.get(pk=first.pk).content["price"] == "3900.50"
    line = next(each for each in comparison(opened, claire)[0] if each.offer == first.offer)
    assert (line.price, line.deposit.documents.get()) == (Decimal(4100), second.documents.get())
    assert read_by(author) == set(second.documents.all())


def test_a_correction_that_a_colleague_made_is_not_overwritten_unseen(opened, claire):
    organisation = EstablishmentFactory().organisation
    enter(opened, claire, organisation)
    seen, key = opened.revision, uuid4()
    first, twice = (
        enter(
            opened, claire, organisation, corrects=seen, key=key, files=[(offer_type(), a_file(5))]
        )
        for _ in range(2)
    )
    assert first == twice  # a double click is one act
    with pytest.raises(ValidationError, match="vient d’être modifiée"):
        enter(opened, claire, organisation, corrects=seen)
    assert Deposit.objects.standing().get(offer=first.offer) == first


def test_an_offer_deposited_on_the_platform_is_never_replaced(opened, claire, depositor):
    organisation = depositor.organisation
    for corrects in (None, opened.revision):
        with pytest.raises(ValidationError, match="a déjà déposé une offre"):
            enter(opened, claire, organisation, corrects=corrects)
    names, text = fields_asked(as_(claire), opened, organisation.siren)
    assert (names, "a déjà déposé une offre" in text) == (["siren"], True)
    assert Deposit.objects.count() == 1


def test_the_form_asks_whether_it_corrects_where_an_offer_was_entered(opened, claire):
    browser, organisation = as_(claire), EstablishmentFactory().organisation
    assert "corrects" not in fields_asked(browser, opened, organisation.siren)[0]
    enter(opened, claire, organisation)
    assert "corrects" in fields_asked(browser, opened, organisation.siren)[0]
    for given, status in (({}, 422), ({"corrects": "on"}, 302)):
        data = outside_data(opened, organisation) | slot(a_file()) | given
        assert act(browser, opened, "offre-hors-plateforme", **data).status_code == status
    assert Deposit.objects.filter(offer__invitation__organisation=organisation).count() == 2
