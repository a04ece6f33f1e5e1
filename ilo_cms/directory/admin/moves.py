"""The guided screen of a change of structure: three forms, a check, one confirmation (SPEC A7).

One address. What was typed on the other pages travels along in hidden fields, so that one can go
back, a mistake loses nothing, and nothing is stored before the confirmation.
"""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.accounts.models import User
from ilo_cms.core.french import of
from ilo_cms.directory.admin.move_forms import (
    NEW,
    ROLES,
    MembershipForm,
    PlaceForm,
    StructureForm,
    consequences,
    move_of,
    warnings,
)
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.moves import change_structure
from ilo_cms.directory.policies import can_edit_record


TITLES = ["Structure", "Établissement", "Fonction et départ", "Vérification"]
CHECK = len(TITLES)
#: What the confirming button sends instead of a page's number.
CONFIRM = "confirmer"


class Guide:
    """Where an officer is on their way through the pages.

    `seen` names the pages that were filled in; `go` is the page that a button asks for.
    """

    def __init__(self, contact: Contact, user: User, data: QueryDict) -> None:
        self.contact = contact
        self.data = data
        self.seen = {page for page in "123" if page in data.getlist("seen")}
        organisations = Organisation.objects.visible_to(user).select_related("referent__user")
        self.structure = StructureForm(
            self.given("1"),
            contact=contact,
            organisations=organisations,
            initial={"roles": self.usual_roles()},
        )
        self.place = PlaceForm(self.given("2"), organisation=self.organisation())
        self.membership = MembershipForm(self.given("3"), contact=contact)
        self.forms = [self.structure, self.place, self.membership]
        self.page = self.reachable()

    def given(self, page: str) -> QueryDict | None:
        """What was typed on a page; None while it was not shown."""
        return self.data if page in self.seen else None

    def usual_roles(self) -> list[str]:
        """The roles of the structure that is left: most likely those of the new one."""
        return [name for name, _ in ROLES if getattr(self.contact.organisation, name)]

    def organisation(self) -> Organisation | None:
        """The structure of the first page, once it is filled in right."""
        return self.structure.organisation() if self.structure.is_valid() else None

    def reachable(self) -> int:
        """The page asked for, or the first one before it that is not filled in right."""
        asked = self.data.get("go", "1")
        wanted = CHECK if asked == CONFIRM else int(asked) if asked in {"1", "2", "3", "4"} else 1
        for number, form in enumerate(self.forms[: wanted - 1], start=1):
            if not form.is_valid():
                return number
        return wanted

    @property
    def is_confirmed(self) -> bool:
        """Whether the officer confirmed what the check showed, and it is still so."""
        return (
            self.page == CHECK
            and self.data.get("go") == CONFIRM
            and self.data.get("checked") == self.checked()
        )

    def checked(self) -> str:
        """The structure that the check is about, or none: somebody may create it meanwhile."""
        found = self.structure.found
        return str(found.pk) if found else NEW

    def context(self) -> dict:
        """What the page shows."""
        shown = self.forms[self.page - 1] if self.page < CHECK else None
        organisation = self.organisation()
        context = {
            "contact": self.contact,
            "page": self.page,
            "titles": TITLES,
            "form": shown,
            "hidden": [form for form in self.forms if form is not shown and form.is_bound],
            "seen": sorted({*self.seen, str(self.page)} - {str(CHECK)}),
            "organisation": organisation,
            "warnings": warnings(organisation) if organisation else [],
        }
        if organisation and not organisation._state.adding:
            current = organisation.contacts.current().select_related("user")
            context |= {"contacts": current[:10], "contact_count": current.count()}
        if self.page == CHECK:
            move = move_of(*self.forms)
            context |= {
                "consequences": consequences(self.contact, move),
                "checked": self.checked(),
            }
        return context


def move_contact(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Guide an officer through a change of structure; on the confirmation, do it."""
    rows = Contact.objects.visible_to(request.user).select_related("user", "organisation")
    contact = get_object_or_404(rows, pk=pk)
    can_edit_record(request.user, contact.organisation).enforce()
    if contact.is_former:
        messages.error(request, f"{contact.user} a déjà quitté {contact.organisation}.")
        return redirect("contact:inspect", pk=contact.pk)
    guide = Guide(contact, request.user, request.POST)
    refusals: list[str] = []
    if guide.is_confirmed:
        try:
            moved = change_structure(
                contact=contact, move=move_of(*guide.forms), acting_user=request.user
            )
        except ValidationError as error:
            refusals = error.messages
        else:
            messages.success(
                request, f"{moved.user} est maintenant contact {of(moved.organisation)}."
            )
            return redirect("contact:inspect", pk=moved.pk)
    elif request.POST.get("go") == CONFIRM and guide.page == CHECK:
        refusals = ["La structure a changé depuis l’ouverture de cette page : relisez, confirmez."]
    failed = refusals or any(form.is_bound and form.errors for form in guide.forms[: guide.page])
    return render(
        request,
        "directory/move.html",
        guide.context() | {"refusals": refusals},
        status=422 if request.method == "POST" and failed else 200,
    )
