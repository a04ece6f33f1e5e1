"""The tables below us that the index reads. An app above us adds its own in `AppConfig.ready`."""

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.engagements.models import Assignment
from ilo_cms.matching.triggers import watch
from ilo_cms.referentials.models import HeadcountBand, Sector, Skill, Territory


OF_CONTACT = "SELECT organisation_id FROM directory_contact WHERE id = {row}.contact_id"
EVERYTHING = "SELECT CAST(NULL AS uuid)"

watch(
    Organisation,
    "SELECT {row}.id WHERE {row}.is_provider",
    *("name", "acronym", "presentation", "is_provider", "is_active", "is_cae"),
    "headcount_band_id",
)
watch(Contact, "SELECT {row}.organisation_id", "organisation_id", "user_id", "ended_on")
watch(Establishment, "SELECT {row}.organisation_id", "organisation_id", "name", "is_active")
for _name in ("skills", "sectors", "territories"):
    watch(getattr(Organisation, _name).through, "SELECT {row}.organisation_id")
    watch(getattr(Contact, _name).through, OF_CONTACT)
watch(
    User,
    "SELECT organisation_id FROM directory_contact WHERE user_id = {row}.id",
    *("email", "is_active"),
)
for _list in (Skill, Sector, HeadcountBand):
    watch(_list, EVERYTHING, "label", "position", "is_active")
watch(Territory, EVERYTHING, "label", "code", "kind", "region_id")
watch(
    Assignment,
    "SELECT {row}.provider_id WHERE {row}.provider_id IS NOT NULL",
    *("provider_id", "status", "starts_on"),
)
