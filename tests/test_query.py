"""Questions about a scenario: honest ones are answered page by page, and nothing else can be seen, changed or exhausted."""

import os
import threading
import time

import pytest

from healthsim_core.errors import UserError
from healthsim_core.generation import run
from healthsim_core.state import query as queries
from healthsim_core.state.query import query


@pytest.fixture(scope="module")
def scenario(profile, catalog, tmp_path_factory):
    return run.generate(profile, catalog=catalog, workspace=tmp_path_factory.mktemp("home")).scenario


def test_a_page_has_its_rows_its_total_and_whether_there_is_more(scenario):
    page = query(scenario, "SELECT person_id, gender FROM persons ORDER BY person_id", limit=20, offset=290)
    assert (page.columns, len(page.rows), page.total_count, page.has_more) == (("person_id", "gender"), 10, 300, False)
    assert (page.page, page.page_size) == (15, 20)
    assert query(scenario, "SELECT * FROM persons LIMIT 7").total_count == 7
    assert query(scenario, "SELECT count(*) FROM persons").results == [{"count_star()": 300}]
    assert query(scenario, "SELECT * FROM persons", limit=20, offset=400).rows == []


HONEST = """
WITH x AS (SELECT 1 AS a) SELECT a, row_number() OVER () FROM x
SELECT p.person_id, h.n FROM persons p JOIN (SELECT household_id, count(*) AS n FROM persons GROUP BY 1) h USING (household_id)
SELECT gender, count(*) FILTER (WHERE birth_date < DATE '1980-01-01') AS older, avg(date_diff('year', birth_date, DATE '2025-01-01')) FROM persons GROUP BY ALL
SELECT *, rank() OVER (PARTITION BY state ORDER BY birth_date) AS place FROM persons QUALIFY place <= 2
FROM persons SELECT given_name LIMIT 3
SELECT * EXCLUDE (ssn) REPLACE (upper(city) AS city) FROM persons
SELECT DISTINCT ON (gender) gender, family_name FROM persons ORDER BY gender, family_name -- a comment at the end
SELECT gender FROM persons UNION ALL SELECT race FROM persons ORDER BY 1 LIMIT 3
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r
SELECT * FROM (PIVOT persons ON gender IN ('M', 'F') USING count(*) GROUP BY state)
SELECT unnest([1, 2, 3]), {'a': 1}.a, [x + 1 FOR x IN [1, 2]], list_transform([1], lambda x: x + 1)
SELECT CASE WHEN gender = 'M' THEN 1 ELSE 0 END::VARCHAR || 'x', birth_date + INTERVAL 1 DAY, birth_date BETWEEN DATE '1950-01-01' AND DATE '1960-01-01' FROM persons
SELECT * FROM persons WHERE household_id IN (SELECT household_id FROM persons GROUP BY 1 HAVING count(*) >= 1) AND EXISTS (SELECT 1)
SELECT * FROM range(3), generate_series(1, 2)
SELECT * FROM persons USING SAMPLE 10
DESCRIBE persons
SHOW TABLES
SUMMARIZE persons
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'main'
SELECT strftime(birth_date, '%Y'), quantile_cont(length(city), 0.5) FROM persons GROUP BY 1 ORDER BY 2 DESC NULLS LAST
SELECT "given_name" AS "a name", 'it''s; a -- text' FROM main.persons
VALUES (1, 'a'), (2, 'b')
""".strip().splitlines()


@pytest.mark.parametrize("sql", HONEST)
def test_honest_questions_are_answered(scenario, sql):
    assert query(scenario, sql).rows


ATTACKS = """
DELETE FROM persons
UPDATE persons SET gender = 'X'
INSERT INTO persons SELECT * FROM persons
DROP TABLE persons
DROP SCHEMA raw CASCADE
TRUNCATE persons
ALTER TABLE persons ADD COLUMN x INTEGER
CREATE TABLE x AS SELECT 1
CREATE TEMP TABLE x AS SELECT 1
CREATE MACRO f() AS 1
CREATE SECRET (TYPE S3)
SELECT 1; SELECT 2
SELECT 1; DROP TABLE persons
BEGIN
CHECKPOINT
VACUUM
EXPLAIN ANALYZE DELETE FROM persons
CALL pragma_version()
COPY persons TO 'FILE'
COPY (SELECT 1) TO 'FILE'
COPY persons FROM '/etc/passwd'
EXPORT DATABASE 'FILE'
IMPORT DATABASE '/tmp'
ATTACH 'FILE'
ATTACH ':memory:' AS other
DETACH healthsim
USE main
INSTALL httpfs
LOAD httpfs
PRAGMA database_list
PRAGMA enable_profiling
SET memory_limit = '1TB'
SET enable_external_access = true
RESET lock_configuration
SET VARIABLE x = 1
PREPARE p AS SELECT 1
EXECUTE p
WITH x AS (DELETE FROM persons RETURNING *) SELECT * FROM x
WITH x AS (INSERT INTO persons SELECT * FROM persons RETURNING *) SELECT * FROM x
WITH x AS (UPDATE persons SET gender = 'X' RETURNING *) SELECT * FROM x
WITH x AS (COPY persons TO 'FILE') SELECT 1
SELECT * FROM (WITH x AS (DELETE FROM persons RETURNING *) SELECT * FROM x)
SELECT (WITH x AS (DELETE FROM persons RETURNING 1) SELECT * FROM x)
SELECT * FROM read_csv('/etc/passwd')
SELECT * FROM read_csv_auto('/etc/passwd')
SELECT * FROM read_text('/etc/passwd')
SELECT * FROM read_blob('/etc/passwd')
SELECT * FROM read_parquet('/etc/passwd')
SELECT * FROM read_json('/etc/passwd')
SELECT * FROM read_duckdb('FILE')
SELECT * FROM parquet_metadata('/etc/passwd')
SELECT * FROM sniff_csv('/etc/passwd')
SELECT * FROM glob('/*')
SELECT * FROM '/etc/passwd'
SELECT * FROM "/etc/passwd.csv"
SELECT * FROM 'https://example.com/x.csv'
SELECT * FROM query('SELECT 1')
SELECT * FROM query_table('persons')
SELECT * FROM json_execute_serialized_sql('{}')
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_databases()
SELECT * FROM pragma_storage_info('persons')
SELECT * FROM pandas_scan(1)
SELECT * FROM python_map_function()
SELECT * FROM duckdb_logs()
SELECT * FROM sqlite_master
SELECT * FROM system.information_schema.tables
SELECT * FROM other.main.persons
SELECT getenv('HOME')
SELECT getvariable('x')
SELECT current_setting('home_directory')
SELECT main.getenv('HOME')
SELECT system.main.getenv('HOME')
SELECT nextval('s')
SELECT write_log('x')
SELECT sleep_ms(60000)
SELECT pg_sleep(60)
SELECT json_serialize_plan('SELECT 1')
SELECT [getenv(x) FOR x IN ['HOME']]
SELECT list_transform(['HOME'], lambda x: getenv(x))
SELECT count(*) FROM persons ORDER BY getenv('HOME')
SELECT sum(1) OVER (ORDER BY getenv('HOME')) FROM persons
SELECT * FROM persons LIMIT (SELECT length(getenv('HOME')))
SELECT CASE WHEN getenv('HOME') = '' THEN 1 END
SELECT * FROM persons p, LATERAL (SELECT getenv(p.city))
SHOW DATABASES
SHOW ALL TABLES FROM other
DESCRIBE SELECT * FROM read_csv('/etc/passwd')
SUMMARIZE SELECT * FROM '/etc/passwd'
SUMMARIZE '/etc/passwd'
SELECT $1
SELECT ?
select 1) union all select 99 from (select 2
SELECT nothing FROM persons
SELECT * FROM nothing
SELEC 1

""".strip("\n").split("\n")


def test_there_are_enough_attacks():
    assert len(set(ATTACKS)) >= 60


@pytest.mark.parametrize("sql", ATTACKS)
def test_anything_but_a_select_of_this_scenario_is_refused_and_changes_nothing(scenario, tmp_path, sql):
    before = scenario.path.read_bytes()
    with pytest.raises(UserError):
        query(scenario, sql.replace("FILE", str(tmp_path / "file")))
    assert scenario.path.read_bytes() == before
    assert not os.listdir(tmp_path)


RUNAWAYS = {
    "a cross join": "SELECT count(*) FROM range(1000000000) a, range(1000000000) b",
    "a recursion": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "a long string": "SELECT length(repeat('x', 3900000000))",
    "long strings": "SELECT sum(length(repeat('x', 100000000 + range))) FROM range(1000)",
    "a long list": "SELECT len(range(3000000000))",
    "many lists": "SELECT list(range(1000000)) FROM range(100000)",
    "a deep expression": "SELECT " + "(" * 9000 + "1" + ")" * 9000,
    "a chain": "SELECT " + "+".join(["1"] * 9000),
    "a long text": "SELECT '" + "x" * 30000 + "'",
    "a wide page": "SELECT repeat('x', 2000000) FROM range(100)",
}


@pytest.mark.parametrize("what", RUNAWAYS)
def test_runaway_questions_are_stopped_and_the_next_is_answered(scenario, monkeypatch, what):
    monkeypatch.setattr(queries, "TIME_LIMIT", 1.0)
    monkeypatch.setattr(queries, "GRACE", 1.0)
    started = time.perf_counter()
    with pytest.raises(UserError):
        query(scenario, RUNAWAYS[what], limit=100)
    assert time.perf_counter() - started < 10
    monkeypatch.undo()
    assert query(scenario, "SELECT count(*) FROM persons").rows == [(300,)]


@pytest.mark.parametrize("order", ["", " ORDER BY gender", " ORDER BY state, gender LIMIT 250"])
def test_pages_never_overlap_and_leave_nothing_out(scenario, order):
    sql = f"SELECT person_id FROM persons{order}"
    pages = [query(scenario, sql, 30, offset) for offset in range(0, 300, 30)]
    seen = [row for page in pages for row in page.rows]
    assert len(seen) == len(set(seen)) == pages[0].total_count
    assert [page.has_more for page in pages][-1] is False


def test_pages_have_bounds(scenario):
    for limit, offset in ((0, 0), (101, 0), (20, -1)):
        with pytest.raises(UserError):
            query(scenario, "SELECT 1", limit, offset)


def test_values_keep_their_types(scenario):
    page = query(
        scenario,
        "SELECT birth_date, 1.50::DECIMAL(5,2) AS money, true AS yes, NULL AS nothing, 'é' AS text FROM persons",
    )
    date, money, yes, nothing, text = page.rows[0]
    assert (date.year > 1900, str(money), yes, nothing, text) == (True, "1.50", True, None, "é")


def test_threads_ask_at_once(scenario):
    found = []

    def ask(number):
        found.append(query(scenario, f"SELECT {number}, count(*) FROM persons").rows[0])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(number, 300) for number in range(8)]
