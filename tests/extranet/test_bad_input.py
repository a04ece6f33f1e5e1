"""Names, addresses and phones of all kinds: each works or gets a sentence, none is lost."""

import pytest

from ilo_cms.core.identifiers import readable_phone
from ilo_cms.directory.models import Contact, Establishment
from ilo_cms.moderation.models import ChangeItem, ChangeRequest
from tests.extranet.test_record import CONTACT, ORGANISATION, PLACE, typed
from tests.factories import ContactFactory, DepartmentFactory, EstablishmentFactory


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wired")]

#: Département, what people type, what is stored.
PHONES = [
    ("69", "04 72 11 22 33", "+33472112233"),
    ("69", "06.12.34.56.78", "+33612345678"),
    ("69", "06-12-34-56-78", "+33612345678"),
    ("69", " 0612345678 ", "+33612345678"),
    ("69", "06\u00a012\u202f34 56 78", "+33612345678"),
    ("69", "+33 (0)6 12 34 56 78", "+33612345678"),
    ("69", "0033 6 12 34 56 78", "+33612345678"),
    ("971", "0590 82 12 34", "+590590821234"),
    ("971", "0690 35 12 34", "+590690351234"),
    ("971", "+590 690 35 12 34", "+590690351234"),
    ("972", "0596 60 12 34", "+596596601234"),
    ("972", "+596 696 20 12 34", "+596696201234"),
    ("973", "0594 30 12 34", "+594594301234"),
    ("973", "+594 694 20 12 34", "+594694201234"),
    ("974", "0262 20 12 34", "+262262201234"),
    ("974", "+262 692 12 34 56", "+262692123456"),
    ("974", "0693 12 34 56", "+262693123456"),
    ("975", "41 12 34", "+508411234"),
    ("975", "+508 41 12 34", "+508411234"),
    ("976", "0269 61 12 34", "+262269611234"),
    ("976", "0639 69 12 34", "+262639691234"),
    ("976", "+262 639 69 12 34", "+262639691234"),
    ("977", "0590 27 12 34", "+590590271234"),
    ("977", "+590 690 27 12 34", "+590690271234"),
    ("978", "0590 87 12 34", "+590590871234"),
    ("978", "+590 690 87 12 34", "+590690871234"),
    ("986", "72 12 34", "+681721234"),
    ("986", "+681 72 12 34", "+681721234"),
    ("987", "40 41 12 34", "+68940411234"),
    ("987", "+689 87 71 12 34", "+68987711234"),
    ("988", "25 12 34", "+687251234"),
    ("988", "+687 75 12 34", "+687751234"),
    # Who works in the Rhône may have a number of elsewhere.
    ("69", "0692 12 34 56", "+262692123456"),
    ("69", "+377 93 30 11 22", "+37793301122"),
    ("69", "0041 22 917 12 34", "+41229171234"),
    ("974", "06 12 34 56 78", "+33612345678"),
]


@pytest.fixture
def contact():
    return ContactFactory(organisation__name="Conseil Sol", phone="")


def at(contact, code) -> None:
    """Move the contact's establishment to a département."""
    department = DepartmentFactory(code=code, label=f"Département {code}")
    Establishment.objects.filter(pk=contact.establishment_id).update(department=department)


@pytest.mark.parametrize("path", [CONTACT, PLACE])
@pytest.mark.parametrize(("code", "entry", "stored"), PHONES)
def test_phones_of_everywhere_are_stored_one_way(sign_in, contact, path, code, entry, stored):
    at(contact, code)
    client = sign_in(contact.user)
    assert client.post(path, typed(client, path, phone=entry)).status_code == 302
    row = Contact if path == CONTACT else Establishment
    assert row.objects.get().phone == stored
    # Shown as people write it, and saved again as it is shown, it stays the same.
    assert client.get(path).context["form"]["phone"].value() == readable_phone(stored)
    client.post(path, typed(client, path))
    assert row.objects.get().phone == stored


@pytest.mark.parametrize(
    "entry", ["12", "3646", "112", "06 12 34 56", "téléphone", "+33 9999", "🦉"]
)
def test_a_phone_that_is_none_gets_a_sentence_and_stays_typed(sign_in, contact, entry):
    client = sign_in(contact.user)
    page = client.post(CONTACT, typed(client, CONTACT, phone=entry, function="Gérante"))
    assert page.status_code == 422
    assert "n’est pas valable. Exemple : 06 12 34 56 78." in page.text
    assert f'value="{entry}"' in page.text and 'value="Gérante"' in page.text
    assert Contact.objects.get().function != "Gérante"


@pytest.mark.parametrize(
    "name",
    ["O’Hara-Lefèvre", "D'Almeida", "Nguyễn Thị", "🦉 Hibou", "É" * 100, "Lê  Văn", "<b>x</b>"],
)
@pytest.mark.parametrize("field", ["last_name", "first_name"])
def test_names_of_all_kinds_are_asked_for_as_typed(sign_in, contact, field, name):
    client = sign_in(contact.user)
    assert client.post(CONTACT, typed(client, CONTACT, **{field: name})).status_code == 302
    item = ChangeItem.objects.get()
    assert (item.field, item.new) == (field, name)
    assert "<b>x</b>" not in client.get(CONTACT).text


@pytest.mark.parametrize(
    ("path", "field", "length"),
    [
        (CONTACT, "last_name", 100),
        (CONTACT, "first_name", 100),
        (CONTACT, "function", 150),
        (ORGANISATION, "name", 255),
        (ORGANISATION, "acronym", 100),
        (PLACE, "city", 100),
    ],
)
def test_too_long_a_text_gets_a_sentence_and_is_not_cut(sign_in, contact, path, field, length):
    client = sign_in(contact.user)
    text = "é" * max(200, length + 1)
    page = client.post(path, typed(client, path, **{field: text}))
    assert page.status_code == 422
    assert f"{length}" in str(page.context["form"].errors[field])
    assert text in page.text
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize(
    ("entry", "stored"),
    [
        ("  Marina.V@Conseil-Sol.example ", "marina.v@conseil-sol.example"),
        ("MARINA@CONSEIL-SOL.EXAMPLE", "marina@conseil-sol.example"),
        ("\u00a0marina@conseil-sol.example\u00a0", "marina@conseil-sol.example"),
    ],
)
def test_spaces_and_capitals_of_an_address_do_not_matter(sign_in, contact, entry, stored):
    client = sign_in(contact.user)
    client.post(CONTACT, typed(client, CONTACT, email=entry))
    assert ChangeItem.objects.get().new == stored


@pytest.mark.parametrize("entry", ["marina v@sol.example", "marina@", "@sol.example", "marina"])
def test_an_address_that_is_none_gets_a_sentence_and_stays_typed(sign_in, contact, entry):
    client = sign_in(contact.user)
    page = client.post(CONTACT, typed(client, CONTACT, email=entry))
    assert page.status_code == 422
    assert page.context["form"].errors.keys() == {"email"} and entry in page.text


def test_what_no_browser_posts_gets_a_sentence_too(sign_in, contact):
    client = sign_in(contact.user)
    posts = [
        (ORGANISATION, {"skills": ["x", "-1", "9" * 30]}),
        (ORGANISATION, {"legal_form": "9" * 30}),
        (ORGANISATION, {"opco": "null"}),
        (CONTACT, {"territories": ["1; DROP TABLE"]}),
        (CONTACT, {"presentation": "a\x00b"}),
    ]
    for path, changes in posts:
        page = client.post(path, typed(client, path, **changes))
        assert page.status_code == 422, (path, changes)
        assert page.context["form"].errors.keys() == changes.keys()


def test_a_place_of_another_organisation_is_not_written(sign_in, contact):
    other = EstablishmentFactory(phone="")
    client = sign_in(contact.user)
    client.post(PLACE, typed(client, PLACE, phone="04 72 11 22 33") | {"id": str(other.pk)})
    other.refresh_from_db()
    assert other.phone == ""
