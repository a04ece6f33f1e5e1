"""Meetings of an engagement: slots proposed to chosen people, their answers, the slot kept (E8)."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.utils import timezone

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact, Officer
from ilo_cms.engagements.models import SHOWN_TO_PROVIDER, Assignment, Engagement
from ilo_cms.engagements.models.access import NOTHING, readable


class State(models.TextChoices):
    """Where a meeting stands. It is read from its rows and the clock, never stored."""

    PROPOSED = "propose", "Proposé"
    LAPSED = "depasse", "Dates passées"
    CONFIRMED = "confirme", "Confirmé"
    HELD = "passe", "Passé"
    CANCELLED = "annule", "Annulé"


class Act(models.TextChoices):
    """What the team last did with a meeting, as it is said to a colleague who was slower."""

    PROPOSED = "meeting.proposed", "proposer"
    CONFIRMED = "meeting.confirmed", "fixer"
    MOVED = "meeting.moved", "déplacer"
    EDITED = "meeting.edited", "modifier"
    CANCELLED = "meeting.cancelled", "annuler"


class MeetingQuerySet(models.QuerySet):
    """Who may see which meeting, and in which state it is."""

    def visible_to(self, user):
        """In the intranet: for those who read the engagement, its team and administrators."""
        if not user.is_authenticated or not user.is_staff:
            return self.none()
        return self.filter(readable(user, None, "engagement__operator", lambda contact: NOTHING))

    def known_to(self, contact: Contact):
        """What one capacity reads in the extranet, whatever else its holder may read (SPEC A6).

        Meetings to which its organisation is invited, as long as it reaches their engagement (E4):
        of a provider whose assignment is abandoned, none. Who has left reads those that were held
        until that day (A7).
        """
        if not contact.has_access:
            return self.none()
        ours = Participant.objects.filter(contact__organisation=contact.organisation_id)
        engagements = Engagement.objects.known_to(contact).order_by()
        rows = self.filter(
            Exists(ours.filter(meeting=OuterRef("pk"))), engagement__in=engagements.values("pk")
        )
        if contact.is_former:
            rows = rows.filter(cancelled_at=None, chosen__starts_at__date__lte=contact.ended_on)
        return rows

    def in_state(self, state: str, now=None):
        """Meetings in one state at a moment: the twin of `Meeting.state`."""
        now = now or timezone.now()
        if state == State.CANCELLED:
            return self.exclude(cancelled_at=None)
        rows = self.filter(cancelled_at=None)
        if state == State.CONFIRMED:
            return rows.filter(chosen__ends_at__gt=now)
        if state == State.HELD:
            return rows.filter(chosen__ends_at__lte=now)
        open_slots = Slot.objects.filter(meeting=OuterRef("pk"), starts_at__gt=now)
        rows = rows.filter(chosen=None)
        if state == State.PROPOSED:
            return rows.filter(Exists(open_slots))
        return rows.exclude(Exists(open_slots))

    def coming(self, now=None):
        """What is still ahead: proposed with a date to come, or confirmed and not over."""
        now = now or timezone.now()
        ahead = Slot.objects.filter(meeting=OuterRef("pk"), starts_at__gt=now)
        return self.filter(
            Q(chosen=None) & Exists(ahead) | Q(chosen__ends_at__gt=now), cancelled_at=None
        )

    def awaiting(self, contact: Contact, now=None):
        """Proposed meetings to which this contact was invited and has answered nothing."""
        silent = Participant.objects.filter(contact=contact, answers=None)
        return (
            self.known_to(contact)
            .in_state(State.PROPOSED, now)
            .filter(Exists(silent.filter(meeting=OuterRef("pk"))))
        )

    def with_people(self):
        """Everything that a page shows of a meeting, in a constant number of queries."""
        participants = (
            Participant.objects.with_party()
            .select_related(
                "contact__user", "contact__organisation", "officer__user", "officer__operator"
            )
            .prefetch_related("answers")
            .order_by(
                F("contact__organisation__name").asc(nulls_last=True),
                "contact__user__last_name",
                "officer__user__last_name",
                "pk",
            )
        )
        return self.select_related(
            "engagement__beneficiary",
            "engagement__operator",
            "assignment",
            "chosen",
            "organiser__user",
            "organiser__operator",
            "cancelled_by",
            "changed_by",
        ).prefetch_related("slots", Prefetch("participants", participants))


class Meeting(UUIDModel, TimestampedModel):
    """One meeting. `sequence` rises at each change, as calendars need to tell old from new."""

    engagement = models.ForeignKey(
        Engagement,
        verbose_name="accompagnement",
        related_name="meetings",
        on_delete=models.PROTECT,  # meetings are its history
    )
    assignment = models.ForeignKey(
        Assignment,
        verbose_name="prestation de conseil",
        related_name="meetings",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    title = models.CharField("objet", max_length=150)
    place = models.CharField(
        "lieu ou lien",
        max_length=255,
        blank=True,
        help_text="Une adresse, ou le lien de la visioconférence.",
    )
    agenda = models.TextField("ordre du jour", max_length=4000, blank=True)
    organiser = models.ForeignKey(
        Officer,
        verbose_name="organisé par",
        related_name="meetings",
        on_delete=models.PROTECT,  # officers are history of what they followed
    )
    chosen = models.ForeignKey(
        "Slot",
        verbose_name="date retenue",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # without it the meeting would be open again
    )
    last_act = models.CharField(
        "dernière action", max_length=20, choices=Act.choices, default=Act.PROPOSED, editable=False
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="modifié par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the log says who
    )
    sequence = models.PositiveIntegerField("révision", default=0)
    reminded_of = models.DateField("jour rappelé", null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField("annulé le", null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="annulé par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the log says who
    )
    cancel_reason = models.CharField("motif d’annulation", max_length=500, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = "rendez-vous"
        verbose_name_plural = "rendez-vous"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["engagement", "-created_at"], name="meeting_engagement")]
        constraints = [
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | ~Q(cancel_reason=""),
                name="meeting_cancelled_with_reason",
                violation_error_message="Une annulation a un motif.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> State:
        """Where the meeting stands now."""
        now = timezone.now()
        if self.cancelled_at:
            return State.CANCELLED
        if self.chosen:
            return State.HELD if self.chosen.ends_at <= now else State.CONFIRMED
        ahead = any(slot.starts_at > now for slot in self.slots.all())
        return State.PROPOSED if ahead else State.LAPSED

    @property
    def state_label(self) -> str:
        """The state in words."""
        return self.state.label

    @property
    def is_open(self) -> bool:
        """Whether people may still answer."""
        return self.state == State.PROPOSED

    @property
    def can_change(self) -> bool:
        """Whether its date may still be set or changed, or the meeting cancelled."""
        return self.state in {State.PROPOSED, State.LAPSED, State.CONFIRMED}

    @property
    def is_link(self) -> bool:
        """Whether the place is an address on the web."""
        return self.place.startswith(("https://", "http://")) and " " not in self.place


class Slot(UUIDModel):
    """One moment that a meeting may take."""

    meeting = models.ForeignKey(
        Meeting,
        verbose_name="rendez-vous",
        related_name="slots",
        on_delete=models.CASCADE,  # a line of its meeting
    )
    starts_at = models.DateTimeField("début")
    ends_at = models.DateTimeField("fin")

    class Meta:
        verbose_name = "créneau"
        verbose_name_plural = "créneaux"
        ordering = ["starts_at", "ends_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="slot_ends_after_start",
                violation_error_message="L’heure de fin précède l’heure de début.",
            ),
            models.UniqueConstraint(
                fields=["meeting", "starts_at", "ends_at"],
                name="slot_once",
                violation_error_message="Ce créneau est déjà proposé.",
            ),
        ]

    def __str__(self) -> str:
        start, end = timezone.localtime(self.starts_at), timezone.localtime(self.ends_at)
        last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%d/%m/%Y %H:%M}"
        return f"{start:%d/%m/%Y} de {start:%H:%M} à {last}"

    @property
    def is_past(self) -> bool:
        """Whether it has begun: nobody may choose it any more."""
        return self.starts_at <= timezone.now()


class ParticipantQuerySet(models.QuerySet):
    """For whom people come."""

    def with_party(self):
        """Annotate `is_party`: whether a contact's organisation takes part in the engagement now.

        The twin of `engagements.parties.parties`.
        """
        at_work = Assignment.objects.filter(
            engagement=OuterRef("meeting__engagement"),
            provider=OuterRef("contact__organisation"),
            status__in=SHOWN_TO_PROVIDER,
        )
        accompanied = Q(contact__organisation=F("meeting__engagement__beneficiary"))
        return self.annotate(is_party=accompanied | Q(Exists(at_work)))


class Participant(UUIDModel):
    """One person invited: a contact of the parties, or a colleague of the operator."""

    meeting = models.ForeignKey(
        Meeting,
        verbose_name="rendez-vous",
        related_name="participants",
        on_delete=models.CASCADE,  # a line of its meeting
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name="contact",
        related_name="meeting_places",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # memberships are history
    )
    officer = models.ForeignKey(
        Officer,
        verbose_name="chargé·e d’accompagnement",
        related_name="meeting_places",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = "personne invitée"
        verbose_name_plural = "personnes invitées"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(contact=None, officer__isnull=False)
                | Q(officer=None, contact__isnull=False),
                name="participant_is_contact_or_officer",
            ),
            models.UniqueConstraint(fields=["meeting", "contact"], name="participant_contact_once"),
            models.UniqueConstraint(fields=["meeting", "officer"], name="participant_officer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.organisation})"

    @property
    def user(self):
        """The person."""
        return (self.contact or self.officer).user

    @property
    def organisation(self):
        """For whom they come."""
        return self.contact.organisation if self.contact else self.officer.operator

    @property
    def is_present(self) -> bool:
        """Whether the person is still where they were invited."""
        if self.contact:
            return not self.contact.is_former and self.contact.user.is_active
        return self.officer.is_in_post

    @property
    def is_valid(self) -> bool:
        """Whether they still belong there, and are told and awaited; of rows of `with_party`."""
        return self.is_present and bool(self.officer or self.is_party)

    @property
    def answered_slots(self) -> set:
        """The keys of the slots of which they said something."""
        return {given.slot_id for given in self.answers.all()}


class Answer(UUIDModel):
    """What one person says of one slot; they may change their mind until a date is fixed."""

    class Choice(models.TextChoices):
        """The three answers."""

        YES = "oui", "Oui"
        IF_NEEDED = "si_besoin", "Si besoin"
        NO = "non", "Non"

    participant = models.ForeignKey(
        Participant,
        verbose_name="personne invitée",
        related_name="answers",
        on_delete=models.CASCADE,  # says nothing without who answers
    )
    slot = models.ForeignKey(
        Slot,
        verbose_name="créneau",
        related_name="answers",
        on_delete=models.CASCADE,  # nor without what it is about
    )
    choice = models.CharField("réponse", max_length=9, choices=Choice.choices)
    answered_at = models.DateTimeField("répondu le", default=timezone.now)

    class Meta:
        verbose_name = "réponse"
        verbose_name_plural = "réponses"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "slot"], name="answer_once_per_slot")
        ]

    def __str__(self) -> str:
        return self.get_choice_display()


class CalendarFeed(models.Model):
    """A person's secret calendar address. Only a digest of its token is kept."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name="personne",
        related_name="calendar_feed",
        primary_key=True,
        on_delete=models.CASCADE,  # a calendar of nobody shows nothing
    )
    digest = models.CharField("empreinte du jeton", max_length=64, unique=True)
    created_at = models.DateTimeField("créé le", default=timezone.now)

    class Meta:
        verbose_name = "adresse d’agenda"
        verbose_name_plural = "adresses d’agenda"

    def __str__(self) -> str:
        return f"agenda de {self.user}"
