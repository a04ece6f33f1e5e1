"""Who answers when the referent does not, late links, new addresses, lost factors (SPEC A, M4, M5).

Its people are made for it, so that no other walk meets its absences and changed names.
"""

import re
from datetime import date

import pytest
from playwright.sync_api import expect


pytestmark = pytest.mark.e2e

#: Three colleagues of Claire's and one who has gone, two providers whose requests wait, somebody
#: whose link came too late.
PEOPLE = """
from datetime import timedelta
from allauth.mfa.totp.internal.auth import TOTP
from django.utils import timezone
from ilo_cms.accounts.models import User
from ilo_cms.directory.activation import give_access
from ilo_cms.directory.models import Activation, Contact, Officer, Organisation
from ilo_cms.directory.officers import sync_groups
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record
from ilo_cms.referentials.models import Territory

def person(email, first, last):
    user = User(email=email, first_name=first, last_name=last)
    user.set_password("demo-ilo-2026")
    user.save()
    return user

claire = Officer.objects.get(user__email="claire@dla-rhone.example")
officers = {}
for first in ("Nora", "Ali", "Remi", "Zita"):
    user = person(f"{first.lower()}@dla-rhone.example", first, "Blanc")
    officers[first] = Officer.objects.create(
        user=user, operator=claire.operator, is_active=first != "Zita"
    )
    sync_groups(user)
TOTP.activate(officers["Remi"].user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
rhone = Territory.objects.get(kind=Territory.Kind.DEPARTMENT, code="69")
for number, (name, referent) in enumerate((("Le Fil", "Ali"), ("La Trame", "Zita"))):
    organisation = Organisation.objects.create(
        name=name, is_provider=True, referent=officers[referent]
    )
    organisation.territories.add(rhone)
    user = person(f"contact{number}@fil.example", "Sam", f"Tisserand{number}")
    contact = Contact.objects.create(user=user, organisation=organisation, has_access=True)
    values = {"name": f"{name} SCOP"}
    save_record(
        contact=contact, target=Target.ORGANISATION, record_id=organisation.pk, values=values
    )
save_record(
    contact=contact,
    target=Target.CONTACT,
    record_id=contact.pk,
    values={"email": "nouvelle@fil.example"},
)
late = Contact.objects.create(
    user=User.objects.create(email="tard@fil.example", first_name="Lou", last_name="Tard"),
    organisation=organisation,
    has_access=True,
)
give_access(contact=late, acting_user=claire.user)
Activation.objects.filter(contact=late).update(sent_at=timezone.now() - timedelta(days=30))
"""


@pytest.fixture(scope="module")
def people(site) -> None:
    """The people above, once."""
    site.manage("shell", "--no-imports", "-c", PEOPLE)


def test_a_lost_second_factor_is_removed_by_an_administrator(site, visit, people):
    """Rémi is asked for a code that he no longer has; afterwards his password is enough."""
    remi = visit()
    remi.sign_in("remi@dla-rhone.example")
    expect(remi.page.get_by_label(re.compile("code", re.IGNORECASE)).first).to_be_visible()
    admin = visit()
    admin.sign_in("admin@ilo.example")
    page = admin.page
    admin.open("/admin/personnes/?q=remi@dla-rhone.example")
    page.locator("table.listing tbody a").first.click()
    page.goto(page.url.replace("/edit/", "/inspect/"))
    page.get_by_label("Pourquoi, et comment").fill("Reconnue au téléphone, numéro de sa fiche.")
    admin.tab_to(page.get_by_role("button", name="Retirer sa double authentification"))
    page.keyboard.press("Enter")
    expect(page.locator(".messages").first).to_be_visible()
    page.reload()
    admin.check("double-authentification-retiree")
    again = visit()
    again.sign_in("remi@dla-rhone.example")
    expect(again.page).to_have_url(re.compile("/admin/$"))


def test_a_deputy_decides_by_the_keyboard_alone(site, visit, people):
    """Ali says that he is absent and who answers; Nora decides in his place."""
    ali = visit()
    ali.sign_in("ali@dla-rhone.example")
    page = ali.page
    today = f"{date.today():%d/%m/%Y}"  # noqa: DTZ011  what a person types
    ali.open("/admin/absences/new/")
    page.get_by_label("Premier jour").fill(today)
    page.get_by_label("Dernier jour").fill(today)
    ali.tab_to(page.get_by_role("button", name="Choisir un·e chargé·e"))
    page.keyboard.press("Enter")
    page.locator(".modal").get_by_role("link", name=re.compile("Nora Blanc")).click()
    expect(page.get_by_text("Nora Blanc").first).to_be_visible()
    page.get_by_role("button", name="Créer").click()
    expect(page.get_by_role("row").filter(has_text="Nora Blanc")).to_be_visible()
    page.reload()
    ali.check("absence-saisie")

    nora = visit()
    nora.sign_in("nora@dla-rhone.example")
    page = nora.page
    nora.open("/admin/moderation/demandes/?q=Fil")
    nora.tab_to(page.get_by_role("row").filter(has_text="Le Fil").get_by_role("link").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Le Fil")
    nora.check("decision-remplacante")
    nora.tab_to(page.get_by_role("radio").first)
    page.keyboard.press("Space")
    nora.tab_to(page.get_by_role("button", name="Enregistrer la décision"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("est prévenu·e de votre décision")).to_be_visible()


def test_a_colleague_takes_over_and_an_address_is_confirmed(site, visit, people):
    """The referent has gone: Nora replaces her and accepts; the new address becomes the login."""
    nora = visit()
    nora.sign_in("nora@dla-rhone.example")
    page = nora.page
    nora.open("/admin/moderation/demandes/?q=Trame")
    page.get_by_role("row").filter(has_text="La Trame").get_by_role("link").first.click()
    nora.check("demande-sans-referente")
    nora.tab_to(page.get_by_role("button", name="Devenir référent·e de cette structure"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Enregistrer la décision")).to_be_visible()
    page.reload()
    nora.check("demande-reprise")
    for accept in page.get_by_role("radio", name="Accepter").all():
        accept.check()
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_text("est prévenu·e de votre décision")).to_be_visible()

    sam = visit()
    sam.open(site.link_to("nouvelle@fil.example", "/compte/adresse/"))
    sam.check("confirmer-adresse")
    sam.tab_to(sam.page.get_by_role("button", name="Confirmer cette adresse"))
    sam.page.keyboard.press("Enter")
    sam.check("adresse-confirmee")
    fresh = visit()
    fresh.open("/compte/connexion/")
    fresh.tab_to(fresh.page.get_by_label("Adresse électronique"))
    fresh.page.keyboard.type("nouvelle@fil.example")
    fresh.tab_to(fresh.page.get_by_label("Mot de passe"))
    fresh.page.keyboard.type("demo-ilo-2026")
    fresh.page.keyboard.press("Enter")
    expect(fresh.page.get_by_role("heading", level=1)).to_have_text("Bonjour Sam")


def test_a_structure_is_chosen_by_the_keyboard_alone(site, visit):
    """Sign-in, then "au titre de quelle structure", without a mouse (SPEC A6)."""
    marina = visit()
    marina.open("/compte/connexion/")
    page = marina.page
    marina.tab_to(page.get_by_label("Adresse électronique"))
    page.keyboard.type("marina@conseil-sol.example")
    marina.tab_to(page.get_by_label("Mot de passe"))
    page.keyboard.type("demo-ilo-2026")
    page.keyboard.press("Enter")
    marina.tab_to(page.get_by_label("Structure"))
    page.keyboard.type("Conseil")
    marina.tab_to(page.get_by_role("button", name="Valider"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bonjour Marina")


def test_the_expired_link_is_renewed(site, visit, people):
    """A late link says so, and sends another to the same address."""
    lou = visit()
    lou.open(site.link_to("tard@fil.example", "/compte/activation/"))
    lou.check("lien-expire")
    lou.tab_to(lou.page.get_by_role("button", name="Recevoir un nouveau lien"))
    lou.page.keyboard.press("Enter")
    expect(lou.page.get_by_role("heading", level=1)).to_have_text("Consultez votre messagerie")
    lou.check("lien-renouvele")
