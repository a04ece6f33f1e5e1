"""`manage.py setup_ilo`: reference lists, evaluation grids, groups with permissions, workflow.

Safe to run at any time, and needed after each deployment: permissions, workflows and content types
do not exist yet while migrations run.
"""

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import models, transaction
from django.db.models import Q
from wagtail.models import Workflow, WorkflowContentType, WorkflowTask

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.directory.models import (
    Contact,
    Establishment,
    Officer,
    OfficerAbsence,
    Organisation,
)
from ilo_cms.directory.officers import ADMINISTRATORS_GROUP, OFFICERS_GROUP, sync_groups
from ilo_cms.document_requests.models import DocumentRequest
from ilo_cms.documents.models import Document
from ilo_cms.engagements.models import ActionType, Assignment, Budget, Engagement
from ilo_cms.evaluations.models import Evaluation, Grid, SatisfactionRequest
from ilo_cms.evaluations.services.grids import load_default_grids
from ilo_cms.meetings.models import Meeting
from ilo_cms.moderation.models import ChangeRequest, ReferentTask
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.referencing.models import ReferencingRequest
from ilo_cms.referentials.management.commands.load_referentials import load
from ilo_cms.referentials.models import (
    Approval,
    Certification,
    ContactChannel,
    DocumentType,
    GenericMailbox,
    HeadcountBand,
    LegalForm,
    NafCode,
    Network,
    Opco,
    PlatformSettings,
    Sector,
    Skill,
    SkillGroup,
    Territory,
)
from ilo_cms.support.models import SupportRequest
from ilo_cms.tenders.models import Tender, TenderTemplate


KEPT_LISTS = [
    ActionType,
    Approval,
    Certification,
    ContactChannel,
    DocumentType,
    GenericMailbox,
    Network,
    Sector,
    Skill,
    SkillGroup,
]
OFFICIAL_LISTS = [HeadcountBand, LegalForm, NafCode, Opco]
RECORDS = [Organisation, Establishment, Contact]

#: What each group may do, by kind of act; on which rows is for our policies to say.
EVERYONE_VIEWS = [
    *KEPT_LISTS,
    *OFFICIAL_LISTS,
    *RECORDS,
    Territory,
    Officer,
    OfficerAbsence,
    Engagement,
    Assignment,
    Budget,
    Evaluation,
    Grid,
    SatisfactionRequest,
    Meeting,
    ChangeRequest,
    Document,
    DocumentRequest,
    Notification,
    ReferencingRequest,
    Tender,
    TenderTemplate,
]
RIGHTS: dict[str, dict[str, list[type[models.Model]]]] = {
    OFFICERS_GROUP: {
        "view": EVERYONE_VIEWS,
        "add": [*RECORDS, OfficerAbsence, Engagement, Assignment],
        "change": [*RECORDS, OfficerAbsence, Engagement, Assignment],
        "delete": [OfficerAbsence],
    },
    ADMINISTRATORS_GROUP: {
        "view": [
            *EVERYONE_VIEWS,
            OutboxMessage,
            AuditEvent,
            PlatformSettings,
            SupportRequest,
        ],
        "add": [*KEPT_LISTS, *RECORDS, Grid, Officer, OfficerAbsence, TenderTemplate],
        "change": [
            *KEPT_LISTS,
            *OFFICIAL_LISTS,
            *RECORDS,
            Grid,
            Officer,
            OfficerAbsence,
            PlatformSettings,
            TenderTemplate,
        ],
        "delete": [OfficerAbsence],
    },
}


class Command(BaseCommand):
    help = "Set up reference lists, groups, permissions and the workflow (safe to run again)."

    def handle(self, **options: object) -> None:
        call_command("load_referentials", stdout=self.stdout)
        self.stdout.write(f"evaluation grids: {load_default_grids()} added")
        types = settings.FIXTURES / "referentials" / "action_types.csv"
        total, added, _ = load(types, ActionType, official=False)
        self.stdout.write(f"action_types: {total} rows, {added} added, 0 updated")
        for line in wire():
            self.stdout.write(line)


@transaction.atomic
def wire() -> list[str]:
    """Set groups, permissions and the workflow; return what was done, a line each."""
    done = [
        f"{name}: {set_permissions(name, rights)} permissions" for name, rights in RIGHTS.items()
    ]
    done.append(f"{sync_members()} people in or out of the groups")
    set_workflow()
    PlatformSettings.objects.get_or_create(pk=1)
    return [*done, "workflow Modération: ready"]


def set_permissions(name: str, rights: dict[str, list[type[models.Model]]]) -> int:
    """Give a group exactly these permissions and the way into the intranet; return how many."""
    group, _ = Group.objects.get_or_create(name=name)
    wanted = Q(content_type__app_label="wagtailadmin", codename="access_admin")
    for act, kinds in rights.items():
        for kind in kinds:
            meta = kind._meta
            wanted |= Q(content_type__app_label=meta.app_label, codename=f"{act}_{meta.model_name}")
    permissions = Permission.objects.filter(wanted)
    group.permissions.set(permissions)
    return len(permissions)


def sync_members() -> int:
    """Bring every person's groups in line with their roles; return how many were looked at."""
    concerned = User.objects.filter(
        Q(is_administrator=True) | ~Q(officer=None) | Q(groups__name__in=RIGHTS)
    ).distinct()
    for user in concerned:
        sync_groups(user)
    return len(concerned)


def set_workflow() -> None:
    """One workflow with one task, on change requests."""
    workflow, _ = Workflow.objects.get_or_create(name="Modération", defaults={"active": True})
    task, _ = ReferentTask.objects.get_or_create(name="Décision", defaults={"active": True})
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task.task_ptr)
    WorkflowContentType.objects.update_or_create(
        content_type=ContentType.objects.get_for_model(ChangeRequest),
        defaults={"workflow": workflow},
    )
