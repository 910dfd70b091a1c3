-- nppes_providers: straight from the NPPES monthly file, of which {reading} gives every column as text.
-- Numbers that were deactivated have nothing but their date, and are passed over. `reason` says why a row is refused.
-- The check digit is Luhn's over the number with 80840 before it, which adds 24.
CREATE OR REPLACE TABLE nppes_providers AS
WITH raw AS (
    SELECT
        "NPI" AS npi,
        "Entity Type Code" AS entity_type,
        "Provider Last Name (Legal Name)" AS last_name,
        "Provider First Name" AS first_name,
        "Provider Organization Name (Legal Business Name)" AS organization_name,
        "Provider Credential Text" AS credential,
        [
            "Healthcare Provider Taxonomy Code_1", "Healthcare Provider Taxonomy Code_2",
            "Healthcare Provider Taxonomy Code_3", "Healthcare Provider Taxonomy Code_4",
            "Healthcare Provider Taxonomy Code_5", "Healthcare Provider Taxonomy Code_6",
            "Healthcare Provider Taxonomy Code_7", "Healthcare Provider Taxonomy Code_8",
            "Healthcare Provider Taxonomy Code_9", "Healthcare Provider Taxonomy Code_10",
            "Healthcare Provider Taxonomy Code_11", "Healthcare Provider Taxonomy Code_12",
            "Healthcare Provider Taxonomy Code_13", "Healthcare Provider Taxonomy Code_14",
            "Healthcare Provider Taxonomy Code_15"
        ] AS taxonomies,
        [
            "Healthcare Provider Primary Taxonomy Switch_1", "Healthcare Provider Primary Taxonomy Switch_2",
            "Healthcare Provider Primary Taxonomy Switch_3", "Healthcare Provider Primary Taxonomy Switch_4",
            "Healthcare Provider Primary Taxonomy Switch_5", "Healthcare Provider Primary Taxonomy Switch_6",
            "Healthcare Provider Primary Taxonomy Switch_7", "Healthcare Provider Primary Taxonomy Switch_8",
            "Healthcare Provider Primary Taxonomy Switch_9", "Healthcare Provider Primary Taxonomy Switch_10",
            "Healthcare Provider Primary Taxonomy Switch_11", "Healthcare Provider Primary Taxonomy Switch_12",
            "Healthcare Provider Primary Taxonomy Switch_13", "Healthcare Provider Primary Taxonomy Switch_14",
            "Healthcare Provider Primary Taxonomy Switch_15"
        ] AS switches,
        "Provider First Line Business Practice Location Address" AS address_line,
        "Provider Business Practice Location Address City Name" AS city,
        -- Few rows write the name of the state, or its letters small.
        coalesce(named.state, "Provider Business Practice Location Address State Name") AS state,
        left("Provider Business Practice Location Address Postal Code", 5) AS zip_code,
        "Provider Business Practice Location Address Telephone Number" AS phone,
        try_strptime("Provider Enumeration Date", '%m/%d/%Y')::DATE AS enumeration_date,
        try_strptime("NPI Deactivation Date", '%m/%d/%Y')::DATE AS deactivated,
        try_strptime("NPI Reactivation Date", '%m/%d/%Y')::DATE AS reactivated
    FROM {reading}
    LEFT JOIN init_state_names AS named
        ON named.name = upper(trim("Provider Business Practice Location Address State Name"))
    WHERE
        coalesce("Entity Type Code", '') <> ''
        AND (
            (SELECT count(*) FROM init_wanted_states) = 0
            OR named.state IN (SELECT state FROM init_wanted_states)
        )
),
placed AS (
    SELECT raw.*, init_zips.fips AS county_fips FROM raw LEFT JOIN init_zips USING (zip_code)
    WHERE (SELECT count(*) FROM init_wanted_counties) = 0 OR county_fips IN (SELECT fips FROM init_wanted_counties)
)
SELECT
    npi,
    entity_type,
    nullif(last_name, '') AS last_name,
    nullif(first_name, '') AS first_name,
    nullif(organization_name, '') AS organization_name,
    nullif(credential, '') AS credential,
    nullif(coalesce(taxonomies[list_position(switches, 'Y')], taxonomies[1]), '') AS taxonomy_code,
    address_line,
    city,
    state,
    zip_code,
    county_fips,
    phone,
    enumeration_date,
    CASE WHEN reactivated IS NULL OR reactivated < deactivated THEN deactivated END AS deactivation_date,
    CASE
        WHEN NOT regexp_full_match(coalesce(npi, ''), '[12][0-9]{9}') THEN 'the NPI is not ten digits that begin with 1 or 2'
        WHEN (
            24 + list_sum(list_transform(range(1, 10), lambda place: CASE
                WHEN place % 2 = 0 THEN substr(npi, place, 1)::INT
                ELSE (2 * substr(npi, place, 1)::INT) // 10 + (2 * substr(npi, place, 1)::INT) % 10
            END)) + substr(npi, 10, 1)::INT
        ) % 10 <> 0 THEN 'the check digit of the NPI is wrong'
        WHEN entity_type NOT IN ('1', '2') THEN 'the entity type is neither 1 nor 2'
        WHEN coalesce(nullif(last_name, ''), nullif(organization_name, '')) IS NULL THEN 'there is no name'
    END AS reason
FROM placed
ORDER BY npi;

COMMENT ON TABLE nppes_providers IS 'Providers of the NPPES monthly file by NPI: 1 a person, 2 an organisation; the taxonomy is the primary one, the county that of the ZIP.';
