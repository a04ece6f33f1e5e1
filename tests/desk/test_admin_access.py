"""Who reaches what in the intranet: every view of every one of our viewsets."""

from datetime import date

import pytest
from django import forms
from django.urls import get_resolver, reverse
from wagtail.admin.viewsets import viewsets
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.coreutils import resolve_model_string

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import record
from ilo_cms.core.admin.checks import check_large_selects
from ilo_cms.core.admin.viewsets import Guarded
from ilo_cms.directory.models import (
    Contact,
    Establishment,
    Officer,
    OfficerAbsence,
    Organisation,
)
from ilo_cms.document_requests.models import DocumentRequest
from ilo_cms.documents.models import Document
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.evaluations.models import Evaluation, Grid, SatisfactionRequest
from ilo_cms.meetings.models import Meeting
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.referencing.models import ReferencingRequest
from ilo_cms.referentials.models import PlatformSettings, Territory
from ilo_cms.support.models import SupportRequest
from ilo_cms.tenders.models import Tender, TenderTemplate
from tests.evaluations.factories import EvaluationFactory, GridFactory, SatisfactionRequestFactory
from tests.factories import (
    AssignmentFactory,
    ChangeRequestFactory,
    ContactFactory,
    DepartmentFactory,
    DocumentFactory,
    DocumentRequestFactory,
    EngagementFactory,
    EstablishmentFactory,
    MeetingFactory,
    OfficerFactory,
    OrganisationFactory,
    ReferencingRequestFactory,
    SupportRequestFactory,
    UserFactory,
)
from tests.helpers.intranet import an_administrator, an_officer, as_
from tests.tenders.drafts import a_draft


pytestmark = pytest.mark.django_db


def ours() -> list[Guarded]:
    """Every viewset made of our base classes."""
    get_resolver().url_patterns  # noqa: B018 (loading the addresses registers the viewsets)
    return [viewset for viewset in viewsets.viewsets if isinstance(viewset, Guarded)]


def choosers() -> list[ChooserViewSet]:
    """Every chooser of one of our models."""
    get_resolver().url_patterns  # noqa: B018 (as above)
    return [
        viewset
        for viewset in viewsets.viewsets
        if isinstance(viewset, ChooserViewSet)
        and resolve_model_string(viewset.model).__module__.startswith("ilo_cms")
    ]


#: Rows of an operator's team: how one is made, and where its officer stands.
OF_A_TEAM = {
    Evaluation: (EvaluationFactory, "assignment__engagement__officer"),
    SatisfactionRequest: (SatisfactionRequestFactory, "engagement__officer"),
    Meeting: (MeetingFactory, "engagement__officer"),
}


#: How two rows of a model are made, the first for an officer.
BY_OFFICER = {
    Engagement: lambda officer: (EngagementFactory(officer=officer), EngagementFactory()),
    Tender: lambda officer: (a_draft(EngagementFactory(officer=officer)), a_draft()),
    TenderTemplate: lambda _: [TenderTemplate.objects.create(label=label) for label in "AB"],
}


#: A row of each model: the person's own (or anyone's, where every officer may act) and a foreign
#: one, which the person may see less of or not at all.
#: The models of which any row will do.
FACTORIES = {
    Organisation: OrganisationFactory,
    Establishment: EstablishmentFactory,
    Contact: ContactFactory,
    Officer: OfficerFactory,
    User: UserFactory,
    ChangeRequest: ChangeRequestFactory,
    ReferencingRequest: ReferencingRequestFactory,
    SupportRequest: SupportRequestFactory,
    Document: DocumentFactory,
    Grid: GridFactory,
    DocumentRequest: DocumentRequestFactory,
    Territory: DepartmentFactory,
}


def rows(model, user):
    """An own and a foreign row of a model, for a person."""
    officer = getattr(user, "officer", None) or OfficerFactory()
    if model is Assignment:
        return AssignmentFactory(engagement__officer=officer), AssignmentFactory()
    if model in OF_A_TEAM:
        make, path = OF_A_TEAM[model]
        return make(**{path: officer}), make()
    if model in BY_OFFICER:
        return BY_OFFICER[model](officer)
    if model is Notification:
        return tuple(
            Notification.objects.create(recipient=who, kind="k", category="c", text="t")
            for who in (user, UserFactory())
        )
    if model is AuditEvent:
        return record("account.created", actor=user), record("account.created", actor=None)
    if model is OutboxMessage:
        return tuple(
            OutboxMessage.objects.create(address="a@b.example", subject="s", message_id=str(n))
            for n in range(2)
        )
    if model is OfficerAbsence:
        day = date(2026, 3, 2)
        return tuple(
            OfficerAbsence.objects.create(officer=who, starts_on=day, ends_on=day)
            for who in (officer, OfficerFactory())
        )
    if model is PlatformSettings:
        return tuple(PlatformSettings.objects.get_or_create(pk=pk)[0] for pk in (1, 2))
    factory = FACTORIES.get(model)
    if factory is DepartmentFactory:
        return factory(), factory(nord=True)
    if factory:
        return factory(), factory()
    return reference(model, "un"), reference(model, "deux")


def reference(model, code):
    """A row of a reference list."""
    extra = {"level": 1} if model.__name__ == "LegalForm" else {}
    if model.__name__ == "Skill":
        extra["group"] = reference(model._meta.get_field("group").related_model, code)
    return model.objects.create(code=code, label=f"Libellé {code}", **extra)


def addresses(viewset, row):
    """The address of each view of a viewset, by view name, for one row."""
    for route in viewset.get_urlpatterns():
        args = [row.pk] if "pk>" in str(route.pattern) else []
        yield route.name, reverse(viewset.get_url_name(route.name), args=args)


def outcome(response) -> str:
    """shown, missing, or refused: Wagtail refuses by sending back to its home page."""
    if response.status_code == 302:
        return "refused"
    return {200: "shown", 404: "missing"}[response.status_code]


READS = {"index", "index_results", "list", "list_results", "inspect", "history", "history_results"}
PERSONAL = {Notification}
ADMINISTRATORS_READ = {AuditEvent, OutboxMessage, PlatformSettings, SupportRequest}
OFFICERS_WRITE = {Organisation, Establishment, Contact, Engagement, Assignment}
TEAM_WRITES = {Engagement, Assignment}
OF_THE_TEAM = {Meeting, Tender}


def expected(viewset, view: str, role: str, own: bool) -> str:
    """What a role should get, said independently of the code: SPEC A10 and the menu's rules."""
    model = viewset.model
    if model in PERSONAL and "pk" in view_kind(viewset, view) and not own:
        return "missing"
    if role == "officer" and model in OF_THE_TEAM and not own and "pk" in view_kind(viewset, view):
        return "missing"  # another team's
    if role == "officer" and model is SupportRequest and "pk" in view_kind(viewset, view):
        return "missing"  # somebody else's words to the national support
    if role == "officer" and model in ADMINISTRATORS_READ:
        return "refused"
    writes = OFFICERS_WRITE if role == "officer" else administrator_writes(model)
    if model is OfficerAbsence and view not in READS:
        # Each officer's own; administrators enter anyone's.
        return "shown" if role == "administrator" or own or view == "add" else "refused"
    if model.__module__.startswith("ilo_cms.referentials") or model.__name__ == "ActionType":
        # Wagtail's own history of a list's row is for those who edit it.
        if view.startswith("history"):
            return "shown" if model in writes else "refused"
    if model in {Grid, TenderTemplate} and view.startswith("history"):
        return "shown" if role == "administrator" else "refused"
    if model in TEAM_WRITES and view.startswith("history"):
        return "shown" if role == "administrator" or own else "refused"
    if view in READS:
        return "shown"
    if model in TEAM_WRITES and view == "edit" and not own:
        return "refused"
    return "shown" if model in writes else "refused"


def view_kind(viewset, view: str) -> str:
    """The pattern of a view's address."""
    return next(str(r.pattern) for r in viewset.get_urlpatterns() if r.name == view)


def administrator_writes(model) -> set:
    """What administrators write: everything but engagements, which are the team's."""
    return set() if model in TEAM_WRITES else {model}


@pytest.mark.parametrize("viewset", ours(), ids=lambda viewset: viewset.name or viewset.model_name)
@pytest.mark.parametrize("role", ["officer", "administrator"])
def test_each_view_for_the_intranet(viewset, role):
    user = an_officer() if role == "officer" else an_administrator()
    own, foreign = rows(viewset.model, user)
    client = as_(user)
    for row in (own, foreign):
        for view, address in addresses(viewset, row):
            wanted = expected(viewset, view, role, own=row is own)
            assert outcome(client.get(address)) == wanted, (view, row is own)


@pytest.mark.parametrize("viewset", ours(), ids=lambda viewset: viewset.name or viewset.model_name)
@pytest.mark.parametrize("role", ["analyst", "contact", "anonymous"])
def test_each_view_is_closed_to_everyone_else(viewset, role, client):
    user = UserFactory(analyst=True) if role == "analyst" else ContactFactory().user
    if role != "anonymous":
        client.force_login(user)
    own, _ = rows(viewset.model, user)
    for view, address in addresses(viewset, own):
        for method in (client.get, client.post):
            response = method(address)
            assert response.status_code == 302, view
            assert response.url.partition("?")[0] in {"/admin/login/", "/compte/connexion/"}, view


@pytest.mark.parametrize("viewset", choosers(), ids=lambda viewset: viewset.name)
def test_each_chooser_offers_visible_rows_only(viewset, monkeypatch):
    user = an_officer()
    client = as_(user)
    own, foreign = rows(viewset.model, user)
    manager = type(viewset.model._default_manager.all())
    monkeypatch.setattr(
        manager, "visible_to", lambda self, user: self.exclude(pk=foreign.pk), raising=False
    )
    for row, status in ((own, 200), (foreign, 404)):
        address = reverse(viewset.get_url_name("chosen"), args=[row.pk])
        assert client.get(address).status_code == status
    page = client.get(reverse(viewset.get_url_name("choose_results")))
    chosen = reverse(viewset.get_url_name("chosen"), args=[foreign.pk])
    assert page.status_code == 200
    assert chosen not in page.text
    several = reverse(viewset.get_url_name("chosen_multiple")) + f"?id={own.pk}&id={foreign.pk}"
    assert [item["id"] for item in client.get(several).json()["result"]] == [str(own.pk)]


def test_a_row_that_is_not_visible_is_missing_in_every_view(monkeypatch):
    client = as_(an_officer())
    row = OrganisationFactory()
    hidden = type(Organisation.objects.all())
    monkeypatch.setattr(hidden, "visible_to", lambda self, user: self.exclude(pk=row.pk))
    viewset = next(v for v in ours() if v.model is Organisation)
    for view, address in addresses(viewset, row):
        if "pk" in view_kind(viewset, view):
            for response in (client.get(address), client.post(address)):
                assert response.status_code == 404, view
    assert row.name not in client.get(reverse("organisation:index")).text
    export = client.get(reverse("organisation:index") + "?export=csv")
    assert row.name not in export.getvalue().decode()


def test_people_are_not_edited_through_wagtails_own_screens():
    client = as_(an_administrator())
    for name in ("wagtailusers_users:index", "wagtailusers_groups:index"):
        assert client.get(reverse(name)).status_code == 404


def test_no_screen_lists_a_large_table():
    assert check_large_selects(None) == []


def test_a_plain_select_over_a_large_table_is_found(monkeypatch):
    viewset = next(viewset for viewset in ours() if viewset.model is Assignment)
    form = viewset.get_form_class()
    form.base_fields["provider"].widget = forms.Select()
    monkeypatch.setattr(viewset, "get_form_class", lambda: form)
    assert [error.msg for error in check_large_selects(None)] == [
        "Assignment: provider lists every Organisation."
    ]
