-- title: Prestataires d’un département par famille de compétences
-- description: Combien de prestataires actifs interviennent dans un département, famille par
--   famille, en commençant par celles qui manquent le plus. Sans département, la France entière :
--   un prestataire y compte alors une fois par département.
-- parameter: department | Département | SELECT DISTINCT department FROM providers_by_territory ORDER BY 1

SELECT
    skill_group AS "Famille de compétences",
    SUM(providers) AS "Prestataires",
    SUM(located) AS "Dont implantés",
    SUM(confirmed) AS "Dont confirmés"
FROM providers_by_territory
WHERE :department = '' OR department = :department
GROUP BY skill_group
ORDER BY 2, 1
