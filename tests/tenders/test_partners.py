"""What is wrong of a consortium's partner is said at its line (SPEC T8)."""

from uuid import uuid4

import pytest
from django.urls import reverse

from ilo_cms.tenders.models import OfferPartner
from tests.tenders.offers import in_deposit


pytestmark = pytest.mark.django_db

OWN = "Votre propre structure n’est pas une partenaire."
ALONE = "« Allié » ne peut pas lire l’offre ici"


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ({"siren": "own"}, "siren", OWN),
        ({"siren": "732 829 320"}, "name", "Donnez le nom de ce partenaire."),
        ({"siren": "732 829 321", "name": "Allié"}, "siren", "Ce SIREN n’existe pas"),
        ({"name": "Allié", "can_read": "on"}, "can_read", ALONE),
    ],
)
def test_what_is_wrong_of_a_partner_stands_at_its_line(client, marina, line, field, words):
    tender = in_deposit(marina)
    if line.get("siren") == "own":
        line = {"siren": marina.organisation.siren}
    said = {"acting_as": str(marina.pk), "key": str(uuid4()), "act": "save", "price": "9"}
    said |= {"partner_0_name": "", "partner_1_name": ""}
    said |= {f"partner_1_{name}": value for name, value in line.items()}
    client.force_login(marina.user)
    response = client.post(reverse("tender_offer", args=[tender.pk]), said)
    assert response.status_code == 422
    assert words in response.context["form"].errors[f"partner_1_{field}"][0]
    assert not OfferPartner.objects.exists()
