"""Mes informations, as a provider uses it (SPEC P1, M1, M2, A6)."""

import pytest
from django.test import Client
from django.urls import reverse

from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.referentials.models import GenericMailbox, NafCode
from tests.factories import ContactFactory, OrganisationFactory, UserFactory


pytestmark = pytest.mark.django_db

CONTACT, ORGANISATION, PLACE = (
    "/mes-informations/",
    "/mes-informations/structure/",
    "/mes-informations/etablissement/",
)


@pytest.fixture
def contact():
    return ContactFactory(organisation__name="Conseil Sol")


def typed(client: Client, path: str, **changes) -> dict:
    """What a browser would post: the form as shown, with some fields changed."""
    form = client.get(path).context["form"]
    data = {}
    for name in form.fields:
        value = form[name].value()
        if value is True:
            data[name] = "on"
        elif value not in (None, False):
            data[name] = (
                [str(getattr(item, "pk", item)) for item in value]
                if isinstance(value, list)
                else value
            )
    return data | changes


def test_a_form_posted_as_shown_changes_nothing(sign_in, contact):
    client = sign_in(contact.user)
    for path in (CONTACT, ORGANISATION, PLACE):
        assert client.post(path, typed(client, path)).status_code == 302
    assert not ChangeRequest.objects.exists()


def test_the_page_shows_the_live_and_the_requested_value(sign_in, contact):
    client = sign_in(contact.user)
    client.post(
        ORGANISATION, typed(client, ORGANISATION, name="Conseil Sol SCOP", presentation="Bonjour")
    )
    page = client.get(ORGANISATION).content.decode().replace("&nbsp;", " ")
    assert 'value="Conseil Sol SCOP"' in page
    assert "En attente de modération" in page and "Affiché aujourd’hui : Conseil Sol." in page
    organisation = Organisation.objects.get(pk=contact.organisation_id)
    assert (organisation.name, organisation.presentation) == ("Conseil Sol", "Bonjour")


def test_the_header_never_shows_a_value_that_was_refused(sign_in, contact):
    client = sign_in(contact.user)
    page = client.post(ORGANISATION, typed(client, ORGANISATION, name="", website="pas un site"))
    assert page.status_code == 422
    assert "Conseil Sol" in page.content.decode()


@pytest.mark.parametrize(
    ("path", "field", "value", "sentence"),
    [
        (ORGANISATION, "naf", "70.22", "quatre chiffres et une lettre"),
        (ORGANISATION, "naf", "99.99Z", "n’existe pas"),
        (ORGANISATION, "head_office_nic", "123", "quatorze chiffres"),
        (ORGANISATION, "head_office_nic", "35600000000048", "pas celui de votre structure"),
        (CONTACT, "email", "contact@conseil-sol.example", "adresse générique"),
        (CONTACT, "phone", "12", "n’est pas valable"),
        (CONTACT, "last_name", "", "obligatoire"),
        (PLACE, "nic", "12", "cinq chiffres"),
        (PLACE, "postcode", "12x4", "code postal a cinq chiffres"),
    ],
)
def test_bad_input_gets_a_sentence_and_nothing_is_lost(
    sign_in, contact, path, field, value, sentence
):
    GenericMailbox.objects.get_or_create(code="contact", defaults={"label": "contact"})
    client = sign_in(contact.user)
    page = client.post(path, typed(client, path, **{field: value}))
    assert page.status_code == 422
    text = page.content.decode()
    assert sentence in text
    assert value in text
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize("entry", ["7022z", "70.22Z", "70 22 Z", "7022Z "])
def test_a_naf_code_is_read_however_it_is_typed(sign_in, contact, entry):
    code, _ = NafCode.objects.get_or_create(
        code="70.22Z", defaults={"label": "Conseil", "revision": "rev2"}
    )
    client = sign_in(contact.user)
    client.post(ORGANISATION, typed(client, ORGANISATION, naf=entry))
    assert ChangeRequest.objects.get().items.get().new == code.pk


@pytest.mark.parametrize(
    "name", ["O’Hara-Lefèvre", "D'Almeida", "Nguyễn Thị", "🦉 Hibou", "X" * 100]
)
def test_names_of_all_kinds_are_asked_for_as_typed(sign_in, contact, name):
    client = sign_in(contact.user)
    client.post(CONTACT, typed(client, CONTACT, last_name=name))
    assert ChangeRequest.objects.get().items.get().new == name


def test_an_address_is_asked_for_in_its_stored_form(sign_in, contact):
    client = sign_in(contact.user)
    client.post(CONTACT, typed(client, CONTACT, email="  Marina.V@Conseil-Sol.example "))
    assert ChangeRequest.objects.get().items.get().new == "marina.v@conseil-sol.example"


def test_asking_for_a_taken_address_does_not_tell_that_it_is_taken(sign_in, contact):
    UserFactory(email="prise@exemple.example")
    client = sign_in(contact.user)
    answers = [
        client.post(CONTACT, typed(client, CONTACT, email=email)).status_code
        for email in ("prise@exemple.example", "libre@exemple.example")
    ]
    assert answers == [302, 302]


def test_a_withdrawn_request_disappears(sign_in, contact):
    client = sign_in(contact.user)
    client.post(ORGANISATION, typed(client, ORGANISATION, name="Conseil Sol SCOP"))
    request = ChangeRequest.objects.get()
    address = reverse("change_request_withdraw", args=[request.pk])
    client.post(address, {"acting_as": str(contact.pk)})
    assert "En attente de modération" not in client.get(ORGANISATION).content.decode()


def test_a_former_contact_reads_without_a_button(sign_in, contact):
    Contact.objects.filter(pk=contact.pk).update(ended_on="2026-01-31")
    client = sign_in(contact.user)
    data = typed(client, ORGANISATION)
    page = client.get(ORGANISATION).content.decode()
    assert "Enregistrer" not in page and "Vous avez quitté cette structure" in page
    assert client.post(ORGANISATION, data | {"presentation": "Intrus"}).status_code == 403
    assert Organisation.objects.get(pk=contact.organisation_id).presentation == ""


def test_an_organisation_made_inactive_meanwhile_refuses_and_loses_nothing(sign_in, contact):
    client = sign_in(contact.user)
    data = typed(client, ORGANISATION, presentation="Un long texte")
    Organisation.objects.filter(pk=contact.organisation_id).update(is_active=False)
    page = client.post(ORGANISATION, data)
    assert page.status_code == 403
    text = page.content.decode()
    assert "inactive" in text and "Un long texte" in text


def test_a_contact_without_establishment_is_told_what_to_do(sign_in):
    contact = ContactFactory(establishment=None)
    page = sign_in(contact.user).get(PLACE)
    assert "Aucun établissement" in page.content.decode()
    assert not Establishment.objects.filter(organisation=contact.organisation).exists()


def test_a_form_of_another_tab_is_refused_and_kept(sign_in):
    marina = UserFactory()
    sol = ContactFactory(user=marina, organisation__name="Conseil Sol")
    rhizome = ContactFactory(user=marina, organisation__name="Atelier Rhizome")
    client = sign_in(marina, sol)
    data = typed(client, ORGANISATION, presentation="Texte pour Sol")
    sign_in(marina, rhizome)
    page = client.post(ORGANISATION, data, headers={"Origin": "http://testserver"})
    assert page.status_code == 409
    assert "Revenir à Conseil Sol" in page.content.decode()
    for organisation in Organisation.objects.filter(is_provider=True):
        assert organisation.presentation == ""
    back = client.post("/structure/", {"contact": sol.pk, "next": ORGANISATION})
    shown = client.get(back.url).content.decode()
    assert "Texte pour Sol" in shown and "Votre saisie a été gardée" in shown


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(sign_in, contact):
    client = sign_in(contact.user)
    data = typed(client, ORGANISATION, presentation="Écrit pendant une heure")
    client.logout()
    page = client.post(ORGANISATION, data, headers={"Origin": "http://testserver"})
    assert page.status_code == 302 and "/compte/connexion/" in page.url
    signed_in = client.post(page.url, {"login": contact.user.email, "password": "demo-ilo-2026"})
    assert signed_in.url == ORGANISATION
    shown = client.get(ORGANISATION)
    assert "Écrit pendant une heure" in shown.content.decode()
    assert Organisation.objects.get(pk=contact.organisation_id).presentation == ""
    assert client.get(ORGANISATION).context["form"].initial["presentation"] == ""


def test_a_kept_form_is_shown_to_nobody_else(sign_in, contact):
    client = sign_in(contact.user)
    data = typed(client, ORGANISATION, presentation="Secret")
    client.logout()
    client.post(ORGANISATION, data, headers={"Origin": "http://testserver"})
    other = ContactFactory()
    client.post("/compte/connexion/", {"login": other.user.email, "password": "demo-ilo-2026"})
    assert "Secret" not in client.get(ORGANISATION).content.decode()


def test_a_foreign_site_cannot_have_its_form_kept(contact):
    client = Client()
    client.post(
        ORGANISATION,
        {"acting_as": str(contact.pk), "presentation": "Piège"},
        headers={"Origin": "https://ailleurs.example"},
    )
    assert "kept_form" not in client.session


def test_a_form_whose_token_is_stale_is_kept_too(sign_in, contact):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(contact.user)
    data = typed(strict, ORGANISATION, presentation="Écrit avant l’autre onglet")
    page = strict.post(
        ORGANISATION, data | {"csrfmiddlewaretoken": "x"}, headers={"Origin": "http://testserver"}
    )
    assert page.status_code == 403 and "reprenez-la" in page.content.decode()
    assert "Écrit avant l’autre onglet" in strict.get(ORGANISATION).content.decode()


def test_the_record_s_queries_do_not_grow(sign_in, contact, django_assert_max_num_queries):
    client = sign_in(contact.user)
    OrganisationFactory.create_batch(20)
    with django_assert_max_num_queries(40):
        client.get(ORGANISATION)
