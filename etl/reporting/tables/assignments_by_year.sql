-- title: Prestations de conseil par année
-- description: Nombre, jours et montants des prestations de conseil, par année, structure
--   porteuse, thématique et statut.
-- key: year, operator, theme_code, status
-- column: year | INTEGER | Année | année | Année du début de la prestation ; à défaut, année
--   d’ouverture de l’accompagnement.
-- column: operator | TEXT | Structure porteuse | | Structure qui porte l’accompagnement.
-- column: theme_code | TEXT | Code de la thématique | | Code de la thématique, vide si elle n’est
--   pas précisée.
-- column: theme | TEXT | Thématique | | Libellé de la thématique.
-- column: status | TEXT | Code du statut | | Code de l’état de la prestation.
-- column: status_label | TEXT | Statut | | État de la prestation : prévue, en concurrence, engagée,
--   réalisée, clôturée ou abandonnée.
-- column: assignments | INTEGER | Prestations | prestations | Nombre de prestations.
-- column: days | REAL | Jours | jours | Somme des jours renseignés.
-- column: amount | REAL | Montant | € | Somme des montants renseignés.
-- column: without_amount | INTEGER | Sans montant | prestations | Prestations dont le montant n’est
--   pas renseigné : elles ne comptent pas dans la somme.

SELECT
    CAST(
        substr(CAST(COALESCE(assignment.starts_on, engagement.opened_on) AS varchar(10)), 1, 4)
        AS integer
    ) AS year,
    operator.name AS operator,
    COALESCE(theme.code, '') AS theme_code,
    COALESCE(theme.label, 'Non précisée') AS theme,
    assignment.status AS status,
    CASE assignment.status
        WHEN 'prevue' THEN 'Prévue'
        WHEN 'en_concurrence' THEN 'En concurrence'
        WHEN 'engagee' THEN 'Engagée'
        WHEN 'realisee' THEN 'Réalisée'
        WHEN 'cloturee' THEN 'Clôturée'
        WHEN 'abandonnee' THEN 'Abandonnée'
        ELSE assignment.status
    END AS status_label,
    COUNT(*) AS assignments,
    ROUND(SUM(COALESCE(assignment.days, 0)), 2) AS days,
    ROUND(SUM(COALESCE(assignment.amount, 0)), 2) AS amount,
    COUNT(*) - COUNT(assignment.amount) AS without_amount
FROM engagements_assignment AS assignment
JOIN engagements_engagement AS engagement ON engagement.id = assignment.engagement_id
JOIN directory_organisation AS operator ON operator.id = engagement.operator_id
LEFT JOIN referentials_skill AS theme ON theme.id = assignment.skill_id
GROUP BY 1, 2, 3, 4, 5
