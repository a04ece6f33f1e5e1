"""Everything the platform ever says, in one list: a kind of notice, its words, its mail.

Texts are French format strings; the fields they name must be given to `notify`. Whether a notice is
still true is for the apps above to say (ilo_cms.notifications.conditions).
"""

from dataclasses import dataclass
from string import Formatter


@dataclass(frozen=True)
class Kind:
    """One kind of notice. A compulsory one cannot be turned off (SPEC N2).

    `label` is its name on the page of preferences, where `for_officers` hides it from everyone
    else. That a sealed one was told is no news for the intranet: its lists never show it (SPEC T9).
    """

    name: str
    category: str
    subject: str
    text: str
    is_compulsory: bool = False
    label: str = ""
    for_officers: bool = False
    is_sealed: bool = False

    @property
    def title(self) -> str:
        """The kind's name for people: its label, or what its mails' subjects begin with."""
        return self.label or self.subject.partition(" : ")[0]

    @property
    def field_names(self) -> list[str]:
        """The merge fields of its texts, in their order."""
        parts = [*Formatter().parse(self.subject), *Formatter().parse(self.text)]
        return list(dict.fromkeys(part[1] for part in parts if part[1]))


KINDS = {
    kind.name: kind
    for kind in [
        Kind(
            "moderation.requested",
            "Modération",
            "Une demande de modération vous attend : {organisation}",
            "{author} ({organisation}) demande de modifier : {fields}.",
            for_officers=True,
        ),
        Kind(
            "moderation.decided",
            "Modération",
            "Votre demande de modification a été traitée",
            "{officer} a traité votre demande pour {organisation}. {outcome}",
        ),
        Kind(
            "record.confirm",
            "Mes informations",
            "Vos informations sont-elles à jour ? {organisation}",
            "Relisez la fiche de {organisation}, corrigez-la si besoin, puis confirmez qu’elle est "
            "à jour : les chargé·es d’accompagnement s’en servent pour vous solliciter.",
            label="Vos informations sont-elles à jour ?",
        ),
        Kind(
            "referent.replaced",
            "Modération",
            "{officer} est désormais référent·e de {organisation}",
            "{officer} est devenu·e référent·e de {organisation} à votre place. {reason}",
            label="Un·e collègue devient référent·e à votre place",
            for_officers=True,
        ),
        Kind(
            "absence.deputy",
            "Modération",
            "Vous remplacez {officer} du {first} au {last}",
            "{officer} sera absent·e du {first} au {last} inclus et vous a choisi·e pour traiter "
            "ses demandes de modération pendant ce temps.",
            label="Vous remplacez un·e collègue absent·e",
            for_officers=True,
        ),
        Kind(
            "email.requested",
            "Sécurité",
            "Un changement de votre adresse de connexion est demandé",
            "Le remplacement de votre adresse de connexion par {email} a été demandé. Si vous n’en "
            "êtes pas à l’origine, annulez-le par ce lien, sans avoir à vous connecter.",
            is_compulsory=True,
        ),
        Kind(
            "email.confirm",
            "Sécurité",
            "Votre adresse de connexion va changer",
            "Votre nouvelle adresse, {email}, a été acceptée. Elle deviendra votre identifiant "
            "quand vous l’aurez confirmée par le lien reçu à cette adresse. Si vous n’êtes pas à "
            "l’origine de ce changement, annulez-le par ce lien, sans avoir à vous connecter.",
            is_compulsory=True,
        ),
        Kind(
            "email.cancelled",
            "Sécurité",
            "Un changement d’adresse de connexion a été annulé",
            "Le changement de l’adresse de connexion de {person} pour {email} a été annulé depuis "
            "son adresse actuelle.",
            is_compulsory=True,
        ),
        Kind(
            "referencing.requested",
            "Référencement",
            "Une demande de référencement vous attend : {department}",
            "Une demande est arrivée pour le département {department} : « {wish} », SIREN {siren}.",
            for_officers=True,
        ),
        Kind(
            "support.requested",
            "Assistance",
            "Une demande d’assistance vous attend",
            "{author} ({organisation}) demande de l’aide.",
            for_officers=True,
        ),
        Kind(
            "support.answered",
            "Assistance",
            "L’assistance vous a répondu",
            "L’assistance a répondu à votre demande du {day} : {answer}",
        ),
        Kind(
            "account.second_factor_reset",
            "Sécurité",
            "Votre double authentification a été retirée",
            "{administrator} a retiré votre double authentification, à votre demande. Votre mot de "
            "passe suffit à nouveau : ajoutez vite une application d’authentification ou une clé. "
            "Si vous n’avez rien demandé, changez votre mot de passe et prévenez l’assistance.",
            is_compulsory=True,
        ),
        Kind(
            "contact.moved",
            "Compte",
            "Vous êtes maintenant contact de {organisation}",
            "{officer} vous a rattaché·e à {organisation}. {access}",
            label="Vous êtes rattaché·e à une autre structure",
        ),
        Kind(
            "document.infected",
            "Sécurité",
            "L’antivirus a refusé une pièce jointe de {organisation}",
            "L’antivirus a refusé « {name} », déposé par {organisation} : {found}. "
            "Le fichier ne peut plus être téléchargé.",
            is_compulsory=True,
            label="L’antivirus a refusé une pièce jointe",
        ),
        Kind(
            "meeting.proposed",
            "Rendez-vous",
            "Quelles dates vous conviennent ? {title}",
            "{organiser} vous propose un rendez-vous, « {title} », pour l’accompagnement "
            "« {engagement} ». Dates proposées : {dates}. Dites lesquelles vous conviennent.",
            label="Des dates de rendez-vous vous sont proposées",
        ),
        Kind(
            "meeting.answered",
            "Rendez-vous",
            "{author} a répondu aux dates proposées : {title}",
            "{author} a répondu aux dates proposées pour « {title} » ({engagement}).",
            label="Une personne répond aux dates proposées",
            for_officers=True,
        ),
        Kind(
            "meeting.confirmed",
            "Rendez-vous",
            "Rendez-vous fixé : {title}",
            "Le rendez-vous « {title} », pour l’accompagnement « {engagement} », est fixé au "
            "{date} ({place}).",
            label="Un rendez-vous est fixé",
        ),
        Kind(
            "meeting.moved",
            "Rendez-vous",
            "Rendez-vous déplacé : {title}",
            "Le rendez-vous « {title} », pour l’accompagnement « {engagement} », est déplacé au "
            "{date} ({place}).",
            label="Un rendez-vous est déplacé",
        ),
        Kind(
            "meeting.edited",
            "Rendez-vous",
            "Rendez-vous modifié : {title}",
            "{author} a modifié le rendez-vous « {title} », pour l’accompagnement "
            "« {engagement} ». Ce qui change : {what}. Date : {when} ({place}).",
            label="Un rendez-vous est modifié",
        ),
        Kind(
            "meeting.reminded",
            "Rendez-vous",
            "Rappel de rendez-vous : {title}",
            "Le rendez-vous « {title} », pour l’accompagnement « {engagement} », a lieu le "
            "{date} ({place}).",
            label="La veille d’un rendez-vous",
        ),
        Kind(
            "meeting.cancelled",
            "Rendez-vous",
            "Rendez-vous annulé : {title}",
            "Le rendez-vous « {title} », pour l’accompagnement « {engagement} », est annulé. "
            "Motif : {reason}",
            label="Un rendez-vous est annulé",
        ),
        Kind(
            "meeting.withdrawn",
            "Rendez-vous",
            "Vous ne participez plus au rendez-vous : {title}",
            "Votre structure n’intervient plus dans l’accompagnement « {engagement} » : vous ne "
            "participez plus au rendez-vous « {title} ». Date : {when}.",
        ),
        Kind(
            "document_request.requested",
            "Pièces jointes",
            "Des pièces jointes vous sont demandées : {organisation}",
            "{officer} demande à {organisation}, avant le {due} : {documents}.\n{message}",
        ),
        Kind(
            "document_request.reminded",
            "Pièces jointes",
            "Rappel : pièces jointes à envoyer pour {organisation}",
            "{officer} attend toujours de {organisation} :\n{documents}",
            label="Rappel de pièces jointes à envoyer",
        ),
        Kind(
            "document_request.decided",
            "Pièces jointes",
            "Vos pièces jointes ont été vérifiées",
            "{officer} a vérifié les pièces de {organisation} :\n{outcome}\n{rest}",
        ),
        Kind(
            "document_request.changed",
            "Pièces jointes",
            "Une demande de pièces jointes a changé : {organisation}",
            "{officer} a {verb} la demande faite à {organisation} (avant le {due} : {documents}). "
            "Motif : {reason}",
            label="Une demande de pièces jointes est annulée ou rouverte",
        ),
        Kind(
            "document_request.rescheduled",
            "Pièces jointes",
            "Des pièces jointes sont à envoyer à une autre date : {organisation}",
            "{officer} attend maintenant de {organisation}, avant le {due} (au lieu du {former}) : "
            "{documents}.\n{reason}",
            label="La date d’envoi de pièces jointes change",
        ),
        Kind(
            "document_request.sent",
            "Pièces jointes",
            "Des pièces jointes sont à vérifier : {organisation}",
            "{sender} a envoyé : {documents}.",
            for_officers=True,
        ),
        Kind(
            "document.expiring",
            "Pièces jointes",
            "Une pièce jointe arrive en fin de validité : {document}",
            "{document}, de {organisation}, n’est plus valable après le {day}. Préparez-en une "
            "nouvelle : l’accueil dit si vous pouvez déjà la déposer.",
        ),
        Kind(
            "evaluation.shared",
            "Évaluations",
            "Une évaluation est partagée avec vous",
            "{officer} partage avec votre structure l’évaluation de la prestation "
            "« {assignment} ». Elle porte sur cette prestation : lisez-la, marquez-la comme lue "
            "et répondez-y si vous le souhaitez.",
        ),
        Kind(
            "evaluation.replied",
            "Évaluations",
            "Une réponse à votre évaluation : {organisation}",
            "{organisation} a répondu à l’évaluation de la prestation « {assignment} ».",
            label="Un prestataire répond à votre évaluation",
            for_officers=True,
        ),
        Kind(
            "satisfaction.sent",
            "Satisfaction",
            "Votre avis sur votre accompagnement",
            "{officer} vous demande votre avis sur « {engagement} ». Quelques minutes suffisent ; "
            "vos réponses sont lues par l’équipe qui vous accompagne, jamais par les prestataires.",
            label="Votre avis vous est demandé",
        ),
        Kind(
            "satisfaction.reminded",
            "Satisfaction",
            "Rappel : votre avis sur votre accompagnement",
            "{officer} attend encore votre avis sur « {engagement} ». Quelques minutes suffisent.",
            label="Rappel d’un avis qui vous est demandé",
        ),
        Kind(
            "satisfaction.answered",
            "Satisfaction",
            "{person} a répondu au formulaire de satisfaction",
            "{person} a répondu au formulaire de satisfaction sur « {engagement} ».",
            label="Un bénéficiaire a répondu au formulaire de satisfaction",
            for_officers=True,
        ),
        Kind(
            "engagement.handed_over",
            "Accompagnements",
            "Un accompagnement a changé de mains : {beneficiary}",
            "{author} a confié à {officer} l’accompagnement « {engagement} » de {beneficiary}. "
            "{message}",
            label="Un accompagnement vous est confié",
            for_officers=True,
        ),
        Kind(
            "assignment.followed",
            "Accompagnements",
            "Une prestation que vous suivez est {status} : {beneficiary}",
            "{author} a changé le statut de « {assignment} », pour {beneficiary} : {status}. "
            "{reason}",
            label="Une prestation que vous suivez change de statut",
            for_officers=True,
        ),
        Kind(
            "assignment.status_changed",
            "Accompagnements",
            "Une prestation de conseil est {status} : {assignment}",
            "La prestation « {assignment} », pour {beneficiary}, est {status}. {reason}",
            label="Une prestation de conseil change de statut",
        ),
        # --- Tenders, provider side ---
        Kind(
            "tender.answered",
            "Mises en concurrence",
            "{organisation} a répondu à une mise en concurrence : {title}",
            "{organisation} a répondu à votre sollicitation pour « {title} » : {answer}.",
            label="Une réponse de participation",
            for_officers=True,
        ),
        Kind(
            "tender.question_asked",
            "Mises en concurrence",
            "Une question attend votre réponse : {title}",
            "{organisation} a posé une question sur « {title} ». Votre réponse ira à toutes les "
            "structures sollicitées, sans dire qui l’a posée.",
            label="Une question sur une mise en concurrence",
            for_officers=True,
        ),
        Kind(
            "tender.receipt",
            "Mises en concurrence",
            "Reçu pour votre offre : {title}",
            "Un acte sur votre offre pour « {title} » est enregistré. Le reçu en donne la date, le "
            "contenu et les empreintes.",
            is_compulsory=True,
            is_sealed=True,
        ),
        Kind(
            "tender.late",
            "Mises en concurrence",
            "Votre demande est arrivée hors délai : {title}",
            "Une demande sur votre offre pour « {title} » est arrivée hors délai : elle est "
            "conservée, mais votre offre n’a pas changé.",
            is_compulsory=True,
            is_sealed=True,
        ),
        Kind(
            "tender.infected",
            "Mises en concurrence",
            "L’antivirus a refusé un fichier de votre offre : {title}",
            "L’antivirus a refusé un fichier de votre offre pour « {title} » : personne ne pourra "
            "le lire. Tant que le dépôt n’a pas pris fin, retirez-le, joignez un fichier sain et "
            "déposez à nouveau votre offre.",
            is_compulsory=True,
            is_sealed=True,
        ),
        # --- Tenders, selection: these texts are the letters too ---
        Kind(
            "tender.retained",
            "Mises en concurrence",
            "Votre offre est retenue : {title}",
            "{operator} retient l’offre de {organisation} pour « {title} », au bénéfice de "
            "{beneficiary}. {comment}\nLa convention est en cours de préparation : {officer} vous "
            "recontacte.",
            is_compulsory=True,
        ),
        Kind(
            "tender.not_retained",
            "Mises en concurrence",
            "Votre offre n’est pas retenue : {title}",
            "{operator} n’a pas retenu l’offre de {organisation} pour « {title} », au bénéfice de "
            "{beneficiary}. Motif : {reason}\nCommentaire de la décision : {comment}\nVos notes "
            "sont sur la page de la mise en concurrence.",
            is_compulsory=True,
        ),
        Kind(
            "tender.unsuccessful",
            "Mises en concurrence",
            "Une mise en concurrence est infructueuse : {title}",
            "{operator} n’a retenu aucune offre pour « {title} », au bénéfice de {beneficiary}. "
            "Motif : {reason}",
            is_compulsory=True,
        ),
        Kind(
            "tender.decided",
            "Mises en concurrence",
            "Une mise en concurrence est terminée : {title}",
            "La mise en concurrence « {title} », au bénéfice de {beneficiary}, est terminée "
            "({outcome}). {comment}",
            is_compulsory=True,
        ),
        # --- Tenders, call side ---
        Kind(
            "tender.invited",
            "Mises en concurrence",
            "Vous êtes sollicité·e pour une mise en concurrence : {title}",
            "{officer} ({operator}) sollicite {organisation} pour « {title} », au bénéfice de "
            "{beneficiary}. Dites si vous participez avant le {answers}. Les offres se déposent "
            "ensuite, jusqu’au {deposits}.",
            is_compulsory=True,
        ),
        Kind(
            "tender.amended",
            "Mises en concurrence",
            "Une mise en concurrence est modifiée : {title}",
            "{officer} ({operator}) a modifié « {title} » : {message}\n{consequence}",
            is_compulsory=True,
        ),
        Kind(
            "tender.deadlines_moved",
            "Mises en concurrence",
            "Les échéances d’une mise en concurrence changent : {title}",
            "Les échéances de « {title} » changent. {message}",
            is_compulsory=True,
        ),
        Kind(
            "tender.others_invited",
            "Mises en concurrence",
            "D’autres prestataires sont sollicités : {title}",
            "{officer} ({operator}) sollicite d’autres prestataires pour « {title} » : {count}.",
            is_compulsory=True,
        ),
        Kind(
            "tender.participation_ended",
            "Mises en concurrence",
            "Le dépôt des offres est ouvert : {title}",
            "Toutes les réponses de participation à « {title} » sont arrivées. Le dépôt des offres "
            "est ouvert dès maintenant, jusqu’au {deposits}.",
            is_compulsory=True,
        ),
        Kind(
            "tender.question_answered",
            "Mises en concurrence",
            "Une question a reçu une réponse : {title}",
            "Une question a été posée sur « {title} » : « {question} »\nRéponse : {answer}",
            is_compulsory=True,
        ),
        Kind(
            "tender.cancelled",
            "Mises en concurrence",
            "Une mise en concurrence est annulée : {title}",
            "{officer} ({operator}) a annulé « {title} ». Motif : {reason}",
            is_compulsory=True,
        ),
        Kind(
            "tender.answer_awaited",
            "Mises en concurrence",
            "Votre réponse est attendue : {title}",
            "{organisation} n’a pas encore dit si elle participe à « {title} » ({beneficiary}). "
            "Répondez avant le {answers}.",
            is_compulsory=True,
            label="Rappel d’une réponse de participation",
        ),
        Kind(
            "tender.deposit_awaited",
            "Mises en concurrence",
            "Rappel d’une mise en concurrence : {title}",
            "{organisation} participe à « {title} » ({beneficiary}). {what} avant le {deposits}.",
            is_compulsory=True,
            label="Rappel d’une offre à déposer",
            is_sealed=True,
        ),
        Kind(
            "tender.to_open",
            "Mises en concurrence",
            "Des offres sont à ouvrir : {title}",
            "Le dépôt des offres de « {title} », pour {beneficiary}, est terminé depuis le "
            "{deposits} : ouvrez-les.",
            for_officers=True,
        ),
        Kind(
            "tender.to_decide",
            "Mises en concurrence",
            "Une décision est attendue : {title}",
            "La décision de « {title} », pour {beneficiary}, est annoncée aux prestataires pour le "
            "{day}.",
            label="Une décision de mise en concurrence est attendue",
            for_officers=True,
        ),
    ]
}
#: The kinds whose notices and mails the intranet never lists (SPEC T9).
SEALED_KINDS = [kind.name for kind in KINDS.values() if kind.is_sealed]
