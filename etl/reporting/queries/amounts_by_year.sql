-- title: Montants des prestations par année
-- description: Prestations, jours et montants de chaque année, pour une structure porteuse et une
--   thématique ou pour toutes.
-- parameter: operator | Structure porteuse | SELECT DISTINCT operator FROM assignments_by_year ORDER BY 1
-- parameter: theme | Thématique | SELECT DISTINCT theme FROM assignments_by_year ORDER BY 1
-- chart: Année | Montant (€)

SELECT
    year AS "Année",
    SUM(assignments) AS "Prestations",
    ROUND(SUM(days), 2) AS "Jours",
    ROUND(SUM(amount), 2) AS "Montant (€)"
FROM assignments_by_year
WHERE (:operator = '' OR operator = :operator) AND (:theme = '' OR theme = :theme)
GROUP BY year
ORDER BY year
