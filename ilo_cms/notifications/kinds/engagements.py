"""What is said of engagements: meetings, documents asked for, evaluations, assignments."""

from ilo_cms.notifications.kinds.kind import Kind


KINDS = [
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
        "Vous ne participez plus au rendez-vous « {title} », pour l’accompagnement "
        "« {engagement} ». {reason} Date : {when}.",
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
        "{author} a changé le statut de « {assignment} », pour {beneficiary} : {status}. {reason}",
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
]
