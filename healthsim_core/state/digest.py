"""A digest of a table that depends on its rows and on nothing else: not their order, not the day, not the file."""

from __future__ import annotations

import duckdb


def digest(connection: duckdb.DuckDBPyConnection, tables: list[str]) -> dict[str, tuple[int, str]]:
    """Return (rows, digest) by table: the sum, modulo 2**64, of the MD5 of every row's text."""
    found = {}
    for table in sorted(tables):
        columns = [name for name, *_ in connection.execute(f'DESCRIBE "{table}"').fetchall()]
        row = " || chr(31) || ".join(f'coalesce("{name}"::VARCHAR, chr(30))' for name in columns)
        count, total = connection.execute(
            f'SELECT count(*), coalesce(sum(md5_number_lower({row})::HUGEINT), 0) FROM "{table}"'
        ).fetchall()[0]
        found[table] = (count, f"{int(total) % 2**64:016x}")
    return found
