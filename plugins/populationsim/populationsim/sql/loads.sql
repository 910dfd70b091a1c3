-- loads: what each reference table was loaded from; one row per kind.
CREATE TABLE IF NOT EXISTS loads (
    kind VARCHAR,
    file VARCHAR,
    vintage VARCHAR,
    row_count BIGINT,
    figure_count BIGINT,
    sha256 VARCHAR
);
