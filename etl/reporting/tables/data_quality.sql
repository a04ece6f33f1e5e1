-- title: Qualité des données des structures
-- description: Ce qui manque encore dans les fiches, par sorte de structure. Une structure qui a
--   plusieurs rôles compte dans chacun.
-- key: kind
-- column: kind | TEXT | Code de la sorte | | provider, beneficiary ou operator.
-- column: kind_label | TEXT | Sorte de structure | | Prestataires, bénéficiaires ou structures
--   porteuses.
-- column: organisations | INTEGER | Structures | structures | Nombre de fiches.
-- column: active | INTEGER | Actives | structures | Fiches actives.
-- column: without_siren | INTEGER | Sans SIREN | structures | Fiches dont le SIREN n’est pas connu.
-- column: without_referent | INTEGER | Sans référent·e | structures | Fiches sans chargé·e
--   d’accompagnement référent·e.
-- column: awaiting_insee | INTEGER | À synchroniser | structures | Fiches jamais synchronisées avec
--   l’INSEE.
-- column: closed | INTEGER | Cessées | structures | Fiches que l’INSEE dit cessées.
-- column: with_old_values | INTEGER | Avec d’anciennes valeurs | structures | Fiches qui gardent au
--   moins une valeur d’Enée sans équivalent.
-- column: confirmed | INTEGER | Confirmées | structures | Fiches dont les informations ont été
--   confirmées au moins une fois.

SELECT
    kinds.kind AS kind,
    kinds.label AS kind_label,
    COUNT(record.id) AS organisations,
    COUNT(CASE WHEN record.is_active THEN 1 END) AS active,
    COUNT(CASE WHEN record.id IS NOT NULL AND COALESCE(record.siren, '') = '' THEN 1 END)
        AS without_siren,
    COUNT(record.id) - COUNT(record.referent_id) AS without_referent,
    COUNT(record.id) - COUNT(record.insee_synced_at) AS awaiting_insee,
    COUNT(CASE WHEN record.insee_closed THEN 1 END) AS closed,
    COUNT(old.organisation_id) AS with_old_values,
    COUNT(record.confirmed_at) AS confirmed
FROM (
    SELECT 'provider' AS kind, 'Prestataires' AS label
    UNION ALL SELECT 'beneficiary', 'Bénéficiaires'
    UNION ALL SELECT 'operator', 'Structures porteuses'
) AS kinds
LEFT JOIN directory_organisation AS record
    ON (kinds.kind = 'provider' AND record.is_provider)
    OR (kinds.kind = 'beneficiary' AND record.is_beneficiary)
    OR (kinds.kind = 'operator' AND record.is_operator)
LEFT JOIN (SELECT DISTINCT organisation_id FROM directory_legacyvalue) AS old
    ON old.organisation_id = record.id
GROUP BY kinds.kind, kinds.label
