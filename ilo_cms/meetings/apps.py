"""Meetings of an engagement, their invitations for calendars, and each person's feed."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "ilo_cms.meetings"
    label = "meetings"
    verbose_name = "Rendez-vous"

    def ready(self) -> None:
        """Check and complete our notices' mails, feed the calendars, follow the engagement."""
        from ilo_cms.directory.departures import on_departure
        from ilo_cms.engagements import parties
        from ilo_cms.engagements.panels import register_panel
        from ilo_cms.meetings import feeds, notices
        from ilo_cms.meetings.edits import contact_changed, parties_changed
        from ilo_cms.meetings.panel import meetings_panel
        from ilo_cms.notifications import attachments, conditions

        told = notices.meetings_told
        conditions.register(notices.still_to_be_told, *notices.TO_PARTICIPANTS, facts=told)
        conditions.register(notices.still_withdrawn, notices.WITHDRAWN, facts=told)
        conditions.register(notices.answer_still_matters, "meeting.answered", facts=told)
        attachments.register(notices.invitation, *notices.WITH_INVITATION)
        feeds.register(feeds.meetings_of)
        parties.on_change(parties_changed)
        on_departure(contact_changed)
        register_panel("meetings", "Rendez-vous", meetings_panel, order=60)
