"""What is said of tenders."""

from ilo_cms.notifications.kinds.kind import Kind


KINDS = [
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
        "Votre offre pour « {title} » est {act}. Le reçu en donne la date, le contenu et les "
        "empreintes.",
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
        "{beneficiary}. {comment}\nLa convention est en cours de signature : {officer} vous "
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
    # Sealed as well: of one day's reminders, that of a deposit takes the place of this one.
    Kind(
        "tender.questions_end",
        "Mises en concurrence",
        "Les questions se terminent bientôt : {title}",
        "{organisation} peut poser ses questions sur « {title} » ({beneficiary}) jusqu’au "
        "{questions}. Les réponses vont à toutes les structures sollicitées, sans dire qui a "
        "posé la question.",
        label="Rappel de la fin des questions",
        is_sealed=True,
    ),
    Kind(
        "tender.to_answer",
        "Mises en concurrence",
        "Des questions attendent votre réponse : {title}",
        "{count} sans réponse sur « {title} », pour {beneficiary}. Les offres se déposent "
        "jusqu’au {deposits}.",
        label="Des questions attendent toujours votre réponse",
        for_officers=True,
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
