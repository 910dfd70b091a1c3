"""References between the tables of a database: how many rows name a row that is not there."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
from attrs import frozen

from healthsim_core.tables import Table


@frozen
class Orphans:
    """Rows of a table whose column names no row: how many, and where it should lead."""

    table: str
    column: str
    references: str
    rows: int


def orphans(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> list[Orphans]:
    """Return the references among tables, all of which are there, that lead nowhere; what leads elsewhere is not looked at."""
    found = []
    for name, table in sorted(tables.items()):
        for column in table.columns:
            target, _, key = (column.references or "").partition(".")
            if target not in tables:
                continue
            sql = (
                f'SELECT count(*) FROM "{name}" AS here ANTI JOIN "{target}" AS there '
                f'ON here."{column.name}" = there."{key}" WHERE here."{column.name}" IS NOT NULL'
            )
            lost = connection.execute(sql).fetchall()[0][0]
            if lost:
                found.append(Orphans(name, column.name, column.references, lost))
    return found
