-- title: Couverture du territoire par les prestataires
-- description: Pour chaque département et chaque famille de compétences, combien de prestataires
--   actifs déclarent y intervenir. Une ligne à zéro est un manque. Une région vaut pour tous ses
--   départements. Les compétences et les territoires sont ceux de la structure.
-- key: department_code, skill_group_code
-- column: department_code | TEXT | Code du département | | Code officiel géographique (INSEE).
-- column: department | TEXT | Département | | Nom du département.
-- column: region | TEXT | Région | | Nom de la région, vide pour une collectivité d’outre-mer.
-- column: skill_group_code | TEXT | Code de la famille | | Code de la famille de compétences.
-- column: skill_group | TEXT | Famille de compétences | | Libellé de la famille.
-- column: providers | INTEGER | Prestataires | structures | Prestataires actifs qui déclarent
--   intervenir dans le département avec au moins une compétence de la famille.
-- column: located | INTEGER | Dont implantés | structures | Parmi eux, ceux qui ont un
--   établissement ouvert dans le département.
-- column: confirmed | INTEGER | Dont confirmés | structures | Parmi eux, ceux qui ont déjà
--   confirmé que leurs informations sont à jour.

WITH intervention AS (
    -- UNION, not UNION ALL: a provider may name a région and one of its départements.
    SELECT chosen.organisation_id, chosen.territory_id AS department_id
    FROM directory_organisation_territories AS chosen
    UNION
    SELECT chosen.organisation_id, department.id
    FROM directory_organisation_territories AS chosen
    JOIN referentials_territory AS department ON department.region_id = chosen.territory_id
),
competence AS (
    SELECT DISTINCT held.organisation_id, skill.group_id
    FROM directory_organisation_skills AS held
    JOIN referentials_skill AS skill ON skill.id = held.skill_id
),
located AS (
    SELECT DISTINCT organisation_id, department_id
    FROM directory_establishment
    WHERE is_active
),
coverage AS (
    SELECT
        intervention.department_id,
        competence.group_id,
        COUNT(*) AS providers,
        COUNT(located.organisation_id) AS located,
        COUNT(provider.confirmed_at) AS confirmed
    FROM directory_organisation AS provider
    JOIN intervention ON intervention.organisation_id = provider.id
    JOIN competence ON competence.organisation_id = provider.id
    LEFT JOIN located
        ON located.organisation_id = provider.id
        AND located.department_id = intervention.department_id
    WHERE provider.is_provider AND provider.is_active
    GROUP BY intervention.department_id, competence.group_id
)
SELECT
    department.code AS department_code,
    department.label AS department,
    COALESCE(region.label, '') AS region,
    family.code AS skill_group_code,
    family.label AS skill_group,
    COALESCE(coverage.providers, 0) AS providers,
    COALESCE(coverage.located, 0) AS located,
    COALESCE(coverage.confirmed, 0) AS confirmed
FROM referentials_territory AS department
CROSS JOIN referentials_skillgroup AS family
LEFT JOIN referentials_territory AS region ON region.id = department.region_id
LEFT JOIN coverage
    ON coverage.department_id = department.id AND coverage.group_id = family.id
WHERE department.kind = 'departement'
