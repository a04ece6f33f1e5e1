-- title: Modération par champ
-- description: Combien de modifications les prestataires ont demandées, champ par champ, et ce
--   qu’elles sont devenues.
-- key: target, field, state
-- column: target | TEXT | Code de la partie | | contact, organisation ou establishment.
-- column: target_label | TEXT | Partie | | Partie de la fiche : contact, structure ou établissement.
-- column: field | TEXT | Champ | | Nom technique du champ demandé.
-- column: state | TEXT | Code de l’état | | pending, approved, refused ou withdrawn.
-- column: state_label | TEXT | État | | En attente, acceptée, refusée ou retirée par la structure.
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
    item.state AS state,
    CASE item.state
        WHEN 'pending' THEN 'En attente'
        WHEN 'approved' THEN 'Acceptée'
        WHEN 'refused' THEN 'Refusée'
        ELSE 'Retirée'
    END AS state_label,
    COUNT(*) AS changes
FROM (
    SELECT
        change.target,
        change.field,
        CASE
            WHEN change.verdict <> '' THEN change.verdict
            WHEN request.withdrawn_at IS NOT NULL THEN 'withdrawn'
            ELSE 'pending'
        END AS state
    FROM moderation_changeitem AS change
    JOIN moderation_changerequest AS request ON request.id = change.request_id
) AS item
GROUP BY item.target, item.field, item.state
