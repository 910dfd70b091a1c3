-- Which releases of the files of providers and hospitals were loaded, and which part of them.
SELECT CASE kind WHEN 'nppes' THEN 'NPPES' ELSE kind END, coalesce(vintage, file), CASE WHEN limits <> '' THEN '(' || limits || ')' END
FROM loads
WHERE kind IN ('nppes', 'hospitals')
ORDER BY kind DESC
