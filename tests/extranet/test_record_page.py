"""What stands around the forms: every field of P1, files, gauge, stamp, ready messages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import record
from ilo_cms.directory.models import (
    Contact,
    Establishment,
    LegacyValue,
    Officer,
    OfficerAbsence,
    Organisation,
)
from ilo_cms.moderation.models import ChangeItem, ChangeRequest, Target
from ilo_cms.moderation.services import save_record
from ilo_cms.referentials.models import (
    DocumentType,
    NafCode,
    PlatformSettings,
    Sector,
    Skill,
    SkillGroup,
    Territory,
)
from tests.extranet.test_record import CONTACT, ORGANISATION, PLACE
from tests.factories import ContactFactory, OfficerFactory, RegionFactory


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wired")]

CONFIRM = "/mes-informations/confirmer/"


@pytest.fixture
def contact():
    return ContactFactory(organisation__name="Conseil Sol", organisation__referent=OfficerFactory())


@pytest.fixture
def types():
    for code, label, formats, size, months in [
        ("cv", "Curriculum vitae (CV)", "pdf,docx,odt", 10, None),
        ("kbis", "Extrait Kbis", "pdf,png,jpg", 5, 3),
        ("plaquette", "Plaquette de présentation", "pdf,png,jpg", 20, None),
        ("rib", "RIB", "pdf", 5, None),
    ]:
        DocumentType.objects.create(
            code=code,
            label=label,
            formats=formats,
            maximum_megabytes=size,
            validity_months=months,
        )


def words(page) -> str:
    return page.text.replace("&nbsp;", " ").replace("\u00a0", " ")


def test_the_three_parts_hold_every_field(sign_in, contact):
    client = sign_in(contact.user)
    expected = {
        CONTACT: "last_name first_name email phone function skills sectors territories "
        "presentation",
        ORGANISATION: "name head_office_nic naf legal_form opco approvals certifications skills "
        "sectors territories presentation headcount_band is_cae networks website "
        "other_characteristics",
        PLACE: "name nic address_line address_complement postcode city phone email",
    }
    for path, names in expected.items():
        assert set(names.split()) <= set(client.get(path).context["form"].fields), path
    page = client.get(ORGANISATION)
    assert f"<dd>{contact.organisation.siren} " in page.text
    assert "siren" not in page.context["form"].fields


@pytest.mark.parametrize(
    ("path", "shown", "hidden"),
    [
        (
            CONTACT,
            ["Curriculum vitae (CV)", "PDF, DOCX ou ODT, 10 Mo au plus"],
            ["Extrait Kbis", "RIB"],
        ),
        (ORGANISATION, ["Extrait Kbis", "5 Mo", "3 mois", "Plaquette", "20 Mo"], ["(CV)", "RIB"]),
        (PLACE, [], ["Pièces"]),
    ],
)
def test_files_have_their_place_and_the_way_to_their_page(
    sign_in, contact, types, path, shown, hidden
):
    page = words(sign_in(contact.user).get(path))
    assert all(text in page for text in shown)
    assert not any(text in page for text in hidden)
    if shown:
        assert 'href="/mes-informations/pieces/"' in page


def test_a_type_that_is_no_longer_used_and_who_is_no_provider_see_no_slot(sign_in, contact, types):
    client = sign_in(contact.user)
    DocumentType.objects.filter(code="cv").update(is_active=False)
    assert "Pièces" not in client.get(CONTACT).text
    Organisation.objects.update(is_provider=False)
    assert "Pièces" not in client.get(ORGANISATION).text


# --- gauge and stamp ------------------------------------------------------------------------------


def test_the_gauge_links_to_what_is_missing_on_both_pages(sign_in, contact):
    client = sign_in(contact.user)
    for path in (CONTACT, "/"):
        page = client.get(path)
        assert "Fiche complète à" in page.text and "<meter" in page.text
        assert f'<a href="{ORGANISATION}#id_naf">Code NAF<span' in page.text
        assert f'<a href="{CONTACT}#id_skills">Compétences<span' in page.text
        assert f'<a href="{ORGANISATION}#id_skills">Compétences<span' in page.text
    assert 'id="id_skills"' in client.get(CONTACT).text
    assert 'id="id_naf"' in client.get(ORGANISATION).text


def test_what_was_asked_for_is_no_longer_missing(sign_in, contact):
    before = sign_in(contact.user).get(CONTACT).context["gauge"]
    code = NafCode.objects.create(code="70.22Z", label="Conseil", revision="rev2")
    save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation_id,
        values={"naf": code.pk},
    )
    after = sign_in(contact.user).get(CONTACT).context["gauge"]
    assert after.percent > before.percent
    assert "Code NAF" not in [field["label"] for field in after.missing]


def test_confirming_stamps_says_so_and_clears_the_home_page(sign_in, contact):
    old = timezone.now() - timedelta(days=500)
    Contact.objects.update(created_at=old)
    client = sign_in(contact.user)
    assert "Confirmez vos informations" in client.get("/").text
    page = client.get(CONTACT)
    assert "Informations jamais confirmées" in page.text and "à confirmer" in page.text
    done = client.post(CONFIRM, {"acting_as": str(contact.pk)}, follow=True)
    assert "vos informations sont confirmées à jour" in done.text
    assert "Informations confirmées à jour le" in done.text
    assert "à confirmer" not in done.text
    assert "Confirmez vos informations" not in client.get("/").text
    assert Organisation.objects.get(pk=contact.organisation_id).confirmed_at


def test_who_may_only_read_sees_no_hint_no_button_and_nothing_to_do(sign_in, contact, types):
    Organisation.objects.update(confirmed_at=timezone.now() - timedelta(days=500))
    LegacyValue.objects.create(organisation=contact.organisation, kind="skill", label="Divers")
    save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation_id,
        values={"name": "Conseil Sol SCOP"},
    )
    Contact.objects.filter(pk=contact.pk).update(ended_on="2026-01-31")
    client = sign_in(contact.user)
    for path in (CONTACT, ORGANISATION, PLACE):
        page = client.get(path).text
        for absent in ("relu", "Je confirme", "Retirer la demande", "Enregistrer", "Ajouter ceux"):
            assert absent not in page, (path, absent)
        assert "Vous avez quitté cette structure" in page
        assert page.count("<form") == 1  # signing out
    home = client.get("/").text
    for absent in ("Confirmez vos informations", "Complétez", "Ressaisissez"):
        assert absent not in home
    answer = client.post(CONFIRM, {"acting_as": str(contact.pk)})
    assert answer.status_code == 403 and "Vous avez quitté" in answer.text


# --- ready messages ------------------------------------------------------------------------------


def test_a_wrong_establishment_has_a_ready_message_to_the_referent(sign_in, contact):
    page = words(sign_in(contact.user).get(PLACE))
    assert "Ce n’est pas votre établissement ?" in page
    assert f"mailto:{contact.organisation.referent.user.email.replace('@', '%40')}?subject=" in page
    assert f"à {contact.organisation.referent.user}" in page
    assert f"SIRET {contact.establishment.siret}" in page
    assert "Le bon SIRET est :" in page and contact.organisation.siren in page


@pytest.mark.parametrize("gone", ["none", "left", "closed", "no address"])
@pytest.mark.parametrize("support", ["assistance@ilo.example", ""])
def test_without_referent_the_message_goes_to_the_national_support(sign_in, contact, gone, support):
    PlatformSettings.objects.update_or_create(pk=1, defaults={"support_email": support})
    officer = contact.organisation.referent
    if gone == "none":
        Organisation.objects.update(referent=None)
    elif gone == "left":
        Officer.objects.update(is_active=False)
    elif gone == "closed":
        officer.user.is_active = False
        officer.user.save()
    else:
        officer.user.email = None
        officer.user.save()
    page = words(sign_in(contact.user).get(PLACE))
    assert "Le bon SIRET est :" in page
    if support:
        assert "mailto:assistance%40ilo.example?subject=" in page
        assert "à l’assistance nationale" in page
    else:
        assert "mailto:" not in page
        assert "chargé·e d’accompagnement de votre département" in page


def test_while_the_referent_is_absent_the_message_goes_to_their_deputy(sign_in, contact):
    deputy, day = OfficerFactory(), timezone.localdate()
    OfficerAbsence.objects.create(
        officer=contact.organisation.referent, deputy=deputy, starts_on=day, ends_on=day
    )
    page = sign_in(contact.user).get(PLACE)
    assert page.context["place_letter"].address == deputy.user.email


def test_without_establishment_the_message_says_so(sign_in, contact):
    Contact.objects.filter(pk=contact.pk).update(establishment=None)
    page = words(sign_in(contact.user).get(PLACE))
    assert "Aucun établissement ne vous est rattaché" in page
    assert "ILO ne me rattache à aucun établissement." in page


@pytest.mark.parametrize(
    "name", ["L’Atelier d'Émile & Cie", "🦉 Hibou", "a?b&c=d#e\r\nBcc: x@y.z", "X" * 255]
)
def test_odd_names_make_no_odd_address(sign_in, contact, name):
    Organisation.objects.filter(pk=contact.organisation_id).update(name=name)
    page = sign_in(contact.user).get(PLACE)
    assert page.status_code == 200
    href = page.context["place_letter"].href
    assert not set(href) & set('\r\n"<> ') and href.count("?") == 1 and href.count("&") == 1


# --- queries -------------------------------------------------------------------------------------


def grow(contact, numbers) -> None:
    """More of everything that the record's pages show."""
    organisation, place = contact.organisation, contact.establishment
    group, _ = SkillGroup.objects.get_or_create(code="g", label="Famille")
    skills = Skill.objects.bulk_create(
        Skill(code=f"s{n}", label=f"Compétence {n}", group=group) for n in numbers
    )
    sectors = Sector.objects.bulk_create(Sector(code=f"s{n}", label=f"S {n}") for n in numbers)
    region = RegionFactory()
    territories = Territory.objects.bulk_create(
        Territory(kind="departement", code=f"x{n:02x}", label=f"D {n}", region=region)
        for n in numbers
    )
    for row in (contact, organisation):
        row.skills.add(*skills)
        row.sectors.add(*sectors)
        row.territories.add(*territories)
    people = User.objects.bulk_create(User(last_name=f"N{n}", password="!") for n in numbers)
    contacts = Contact.objects.bulk_create(
        Contact(user=user, organisation=organisation, establishment=place, has_access=True)
        for user in people
    )
    requests = ChangeRequest.objects.bulk_create(
        ChangeRequest(organisation=organisation, contact=each) for each in contacts
    )
    ChangeItem.objects.bulk_create(
        ChangeItem(request=each, target=target, target_id=row.pk, field="name", new="Autre")
        for each in requests
        for target, row in [("organisation", organisation), ("establishment", place)]
    )
    Establishment.objects.bulk_create(
        Establishment(organisation=organisation, name=f"Lieu {n}") for n in numbers
    )
    LegacyValue.objects.bulk_create(
        LegacyValue(organisation=organisation, kind="skill", label=f"Ancienne {n}") for n in numbers
    )
    record("organisation.updated", actor=None, target=organisation, organisation=organisation)


def test_as_many_queries_for_two_hundred_rows_as_for_two(sign_in, contact):
    save_record(
        contact=contact,
        target=Target.ORGANISATION,
        record_id=contact.organisation_id,
        values={"name": "Conseil Sol SCOP", "head_office_nic": "00020"},
    )
    client = sign_in(contact.user)
    counts = []
    for numbers in (range(2), range(2, 200)):
        grow(contact, numbers)
        for path in (CONTACT, ORGANISATION, PLACE, "/"):
            client.get(path)
            with CaptureQueriesContext(connection) as queries:  # fmt: skip
                assert client.get(path).status_code == 200
            counts.append((path, len(queries)))
    assert counts[:4] == counts[4:]
