"""A form opened for one organisation is never saved for another, nor lost (SPEC A6, A7, A8)."""

import pytest
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import Contact, LegacyValue, Organisation
from ilo_cms.moderation.models import ChangeRequest, Target
from ilo_cms.moderation.services import save_record
from tests.extranet.test_record import CONTACT, ORGANISATION, PLACE, typed
from tests.factories import ContactFactory, OfficerFactory, OrganisationFactory, UserFactory


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wired")]

FROM_HERE = {"headers": {"Origin": "http://testserver"}}


@pytest.fixture
def marina():
    return UserFactory(first_name="Marina")


@pytest.fixture
def sol(marina):
    return ContactFactory(user=marina, organisation__name="Conseil Sol")


@pytest.fixture
def rhizome(marina):
    return ContactFactory(user=marina, organisation__name="Atelier Rhizome")


def request_of(contact) -> ChangeRequest:
    return save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation_id,
        values={"name": "Conseil Sol SCOP"},
    )


def old_value_of(contact) -> LegacyValue:
    return LegacyValue.objects.create(
        organisation=contact.organisation, kind="skill", label="Divers"
    )


#: Every address that writes for an organisation: what to post, and the page that holds its form.
#: The permission matrix names all addresses; one that acts for an organisation belongs here.
ACTS = {
    "record": lambda sol: ([], {"presentation": "Texte"}, CONTACT),
    "record_organisation": lambda sol: ([], {"presentation": "Texte"}, ORGANISATION),
    "record_establishment": lambda sol: ([], {"phone": "04 72 00 00 00"}, PLACE),
    "record_confirm": lambda sol: ([], {}, CONTACT),
    "record_copy_to_organisation": lambda sol: ([], {}, CONTACT),
    "record_copy_to_contact": lambda sol: ([], {}, CONTACT),
    "old_value": lambda sol: ([old_value_of(sol).pk], {"none": "1", "to": "contact"}, None),
    "change_request_withdraw": lambda sol: (
        [request_of(sol).pk], {}, reverse("change_request", args=[ChangeRequest.objects.get().pk])
    ),
}  # fmt: skip


def state() -> list:
    """Everything these acts could change."""
    return [
        *Organisation.objects.order_by("pk").values(),
        *Contact.objects.order_by("pk").values(),
        *ChangeRequest.objects.values("withdrawn_at"),
        *LegacyValue.objects.values("handled_at"),
        AuditEvent.objects.count(),
    ]


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("opened_as", ["sol", "nothing", "garbage"])
def test_every_act_is_refused_once_the_session_moved(
    sign_in, marina, sol, rhizome, name, opened_as
):
    args, data, form_page = ACTS[name](sol)
    address = reverse(name, args=args)
    before = state()
    client = sign_in(marina, rhizome)
    acting_as = {"sol": {"acting_as": str(sol.pk)}, "garbage": {"acting_as": "x' OR 1"}}
    page = client.post(address, data | acting_as.get(opened_as, {}), **FROM_HERE)
    assert page.status_code == 409
    assert state() == before
    if opened_as == "sol":
        assert "Vous agissez maintenant pour une autre structure" in page.text
        assert "Revenir à Conseil Sol" in page.text
        assert f'name="next" value="{form_page or address}"' in page.text
    else:
        assert "que vous ne pouvez plus choisir" in page.text


@pytest.mark.parametrize("name", ACTS)
def test_every_act_is_refused_before_a_structure_is_chosen(sign_in, marina, sol, rhizome, name):
    args, data, _ = ACTS[name](sol)
    before = state()
    page = sign_in(marina).post(
        reverse(name, args=args), data | {"acting_as": str(sol.pk)}, **FROM_HERE
    )
    assert page.status_code == 409
    assert "Choisissez d’abord la structure" in page.text and "Revenir à Conseil Sol" in page.text
    assert state() == before


@pytest.mark.parametrize("name", [name for name in ACTS if name.startswith(("record_c", "change"))])
def test_opening_an_address_that_only_takes_posts_leads_to_its_form(sign_in, sol, name):
    args, _, form_page = ACTS[name](sol)
    assert sign_in(sol.user).get(reverse(name, args=args)).url == form_page


def test_the_way_back_brings_the_typed_text_back(sign_in, marina, sol, rhizome):
    client = sign_in(marina, sol)
    data = typed(client, PLACE, phone="04 72 11 22 33")
    sign_in(marina, rhizome)
    page = client.post(PLACE, data, **FROM_HERE)
    assert "votre saisie est gardée" in page.text and "Ce que vous aviez écrit" not in page.text
    back = client.post("/structure/", {"contact": sol.pk, "next": PLACE})
    assert "04 72 11 22 33" in client.get(back.url).text


def test_a_button_does_not_push_a_kept_form_out(sign_in, marina, sol, rhizome):
    client = sign_in(marina, sol)
    data = typed(client, ORGANISATION, presentation="Écrit pendant une heure")
    sign_in(marina, rhizome)
    client.post(ORGANISATION, data, **FROM_HERE)
    page = client.post(reverse("record_confirm"), {"acting_as": str(sol.pk)}, **FROM_HERE)
    assert "saisie" not in page.text
    client.post("/structure/", {"contact": sol.pk})
    assert "Écrit pendant une heure" in client.get(ORGANISATION).text


@pytest.mark.parametrize("other", [True, False], ids=["with another", "without another"])
def test_access_that_ended_while_the_form_was_open_shows_what_was_typed(
    sign_in, marina, sol, other
):
    client = sign_in(marina, sol)
    data = typed(client, ORGANISATION, presentation="Un long <texte>\nsur deux lignes")
    if other:
        ContactFactory(user=marina, organisation__name="Atelier Rhizome")
    Contact.objects.filter(pk=sol.pk).update(has_access=False)
    before = state()
    page = client.post(ORGANISATION, data, **FROM_HERE)
    assert page.status_code == 409
    assert "votre accès a pris fin" in page.text
    assert "Un long &lt;texte&gt;<br>sur deux lignes" in page.text and "Présentation" in page.text
    assert "Revenir à l’accueil" in page.text
    assert state() == before


@pytest.mark.parametrize("path", [CONTACT, ORGANISATION, PLACE])
@pytest.mark.parametrize("change", ["left", "inactive"])
def test_leaving_while_the_form_was_open_shows_what_was_typed(sign_in, sol, path, change):
    client = sign_in(sol.user)
    data = typed(client, path, phone="04 72 11 22 33", presentation="Un long texte")
    if change == "left":
        Contact.objects.filter(pk=sol.pk).update(ended_on="2026-01-31")
    else:
        Organisation.objects.filter(pk=sol.organisation_id).update(is_active=False)
    before = state()
    page = client.post(path, data, **FROM_HERE)
    assert page.status_code == 403
    assert ("quitté cette structure" if change == "left" else "est inactive") in page.text
    assert ("04 72 11 22 33" if path == PLACE else "Un long texte") in page.text
    assert state() == before


def test_leaving_between_the_check_and_the_save_shows_it_too(sign_in, sol, monkeypatch):
    from ilo_cms.extranet.views import record

    client = sign_in(sol.user)
    data = typed(client, CONTACT, presentation="Un long texte")

    def late(**kwargs):
        Organisation.objects.update(is_active=False)
        return save_record(**kwargs)

    monkeypatch.setattr(record, "save_record", late)
    page = client.post(CONTACT, data)
    assert page.status_code == 403
    assert "inactive" in page.text and "Un long texte" in page.text
    assert Contact.objects.get(pk=sol.pk).presentation == ""


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        (lambda: OfficerFactory().user, "réservée aux contacts des structures"),
        (lambda: UserFactory(analyst=True), "réservée aux contacts des structures"),
        (lambda: UserFactory(), "Demandez à votre chargé·e"),
        (
            lambda: ContactFactory(without_access=True, organisation=OrganisationFactory()).user,
            "Demandez à votre chargé·e",
        ),
    ],
    ids=["officer", "analyst", "nobody", "without access"],
)
@pytest.mark.parametrize("path", [CONTACT, "/mes-informations/historique/"])
def test_who_is_contact_of_no_organisation_is_told_what_fits(wired, sign_in, who, sentence, path):
    from ilo_cms.directory.officers import sync_groups

    user = who()
    sync_groups(user)
    page = sign_in(user).get(path)
    assert page.status_code == 403
    assert sentence in page.text
    assert ("Demandez à votre chargé·e d’accompagnement de vous ouvrir" in page.text) is (
        sentence == "Demandez à votre chargé·e"
    )
