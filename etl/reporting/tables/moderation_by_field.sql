-- title: Modération par champ
-- description: Combien de modifications les prestataires ont demandées, champ par champ, et ce
--   qu’elles sont devenues.
-- key: target, field, state
-- column: target | TEXT | Code de la partie | | contact, organisation ou establishment.
-- column: target_label | TEXT | Partie | | Partie de la fiche : contact, structure ou établissement.
-- column: field | TEXT | Code du champ | | Nom technique du champ demandé.
-- column: field_label | TEXT | Champ | | Champ demandé, comme les écrans le nomment.
-- column: state | TEXT | Code de l’état | | pending, approved, refused, withdrawn ou cancelled.
-- column: state_label | TEXT | État | | En attente, acceptée, refusée, retirée par la structure, ou annulée par l’ancienne adresse.
-- column: changes | INTEGER | Modifications | modifications | Nombre de modifications demandées.

SELECT
    item.target AS target,
    CASE item.target
        WHEN 'contact' THEN 'Contact'
        WHEN 'organisation' THEN 'Structure'
        WHEN 'establishment' THEN 'Établissement'
        ELSE item.target
    END AS target_label,
    item.field AS field,
    CASE item.field
        WHEN 'last_name' THEN 'Nom'
        WHEN 'first_name' THEN 'Prénom'
        WHEN 'email' THEN 'Adresse électronique'
        WHEN 'function' THEN 'Fonction'
        WHEN 'phone' THEN 'Téléphone'
        WHEN 'other_phone' THEN 'Autre téléphone'
        WHEN 'preferred_channel' THEN 'Forme de contact préférée'
        WHEN 'skills' THEN 'Compétences'
        WHEN 'sectors' THEN 'Secteurs'
        WHEN 'territories' THEN 'Territoires d’intervention'
        WHEN 'presentation' THEN 'Présentation'
        WHEN 'name' THEN 'Dénomination'
        WHEN 'acronym' THEN 'Sigle'
        WHEN 'head_office_nic' THEN 'NIC du siège'
        WHEN 'naf' THEN 'Code NAF'
        WHEN 'legal_form' THEN 'Forme juridique'
        WHEN 'opco' THEN 'OPCO'
        WHEN 'headcount_band' THEN 'Effectif'
        WHEN 'is_cae' THEN 'Coopérative d’activités et d’emploi (CAE)'
        WHEN 'approvals' THEN 'Agréments'
        WHEN 'certifications' THEN 'Certifications'
        WHEN 'networks' THEN 'Réseaux'
        WHEN 'website' THEN 'Site internet'
        WHEN 'other_characteristics' THEN 'Autres caractéristiques'
        WHEN 'nic' THEN 'NIC'
        WHEN 'address_line' THEN 'Numéro et voie'
        WHEN 'address_complement' THEN 'Complément d’adresse'
        WHEN 'postcode' THEN 'Code postal'
        WHEN 'city' THEN 'Commune'
        ELSE item.field
    END AS field_label,
    item.state AS state,
    CASE item.state
        WHEN 'pending' THEN 'En attente'
        WHEN 'approved' THEN 'Acceptée'
        WHEN 'refused' THEN 'Refusée'
        WHEN 'cancelled' THEN 'Annulée'
        ELSE 'Retirée'
    END AS state_label,
    COUNT(*) AS changes
FROM (
    SELECT
        change.target,
        change.field,
        CASE
            WHEN change.cancelled_at IS NOT NULL THEN 'cancelled'
            WHEN change.verdict <> '' THEN change.verdict
            WHEN request.withdrawn_at IS NOT NULL THEN 'withdrawn'
            ELSE 'pending'
        END AS state
    FROM moderation_changeitem AS change
    JOIN moderation_changerequest AS request ON request.id = change.request_id
) AS item
GROUP BY item.target, item.field, item.state
