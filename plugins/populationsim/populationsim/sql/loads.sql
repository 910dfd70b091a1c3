-- loads: what each kind of reference table was loaded from; one row per kind.
CREATE TABLE IF NOT EXISTS loads (
    kind VARCHAR,
    file VARCHAR,
    vintage VARCHAR,
    row_count BIGINT,
    figure_count BIGINT,
    sha256 VARCHAR
);
ALTER TABLE loads ADD COLUMN IF NOT EXISTS rejected_count BIGINT DEFAULT 0;
ALTER TABLE loads ADD COLUMN IF NOT EXISTS limits VARCHAR DEFAULT '';
ALTER TABLE loads ADD COLUMN IF NOT EXISTS version INTEGER DEFAULT 0;
ALTER TABLE loads ADD COLUMN IF NOT EXISTS digest VARCHAR;
