"""Tenders: providers invited, offers sealed and opened together, a choice that all can read."""

from django.apps import AppConfig


class TendersConfig(AppConfig):
    name = "ilo_cms.tenders"
    label = "tenders"
    verbose_name = "Mises en concurrence"

    def ready(self) -> None:
        """Open the files of a tender to its readers, check our notices, keep the search fair."""
        from ilo_cms.documents.models import also_read_by, unsealed_when
        from ilo_cms.engagements.panels import register_panel
        from ilo_cms.engagements.policies import keeps_open
        from ilo_cms.engagements.transitions import keeps_tendered
        from ilo_cms.matching.figures import register
        from ilo_cms.matching.triggers import watch
        from ilo_cms.meetings import feeds
        from ilo_cms.notifications import conditions
        from ilo_cms.tenders import (
            attachments,
            awaited,
            feed,
            files,
            notices_calls,
            notices_offers,
            notices_selection,
            policies,
        )
        from ilo_cms.tenders.fairness import invitation_figures
        from ilo_cms.tenders.models import Invitation
        from ilo_cms.tenders.panel import tenders_panel
        from ilo_cms.tenders.panels import register_panel as register_tender_panel
        from ilo_cms.tenders.selection_panel import selection_panel

        also_read_by(attachments.readers)
        also_read_by(files.readers)
        unsealed_when(files.opened)
        register(invitation_figures)
        watch(
            Invitation,
            "SELECT {row}.organisation_id",
            "organisation_id",
            "invited_at",
            "participation",
        )
        keeps_open(policies.no_tender_runs)
        keeps_tendered(policies.looks_for_nobody)
        register_panel("tenders", "Mises en concurrence", tenders_panel, order=30)
        register_tender_panel("selection", "Choix du prestataire", selection_panel, order=10)
        notices_calls.register()
        notices_offers.register()
        conditions.register(awaited.still_awaited, *awaited.AWAITED.values())
        conditions.register(awaited.may_still_ask, awaited.QUESTIONS_END)
        feeds.register(feed.deadlines_of)
        notices_selection.register()
