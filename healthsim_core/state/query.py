"""Answer a question about one scenario, a page at a time; nothing but that scenario can be seen or changed."""

from __future__ import annotations

import json
import threading
from typing import Any

import duckdb
from attrs import frozen

from healthsim_core.errors import UserError
from healthsim_core.state.store import Scenario, StoreError

LARGEST_PAGE = 100
TIME_LIMIT = 30.0
SEALED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
    "python_enable_replacements": "false",
    "memory_limit": "2GB",
}


@frozen
class Page:
    """One page of an answer."""

    columns: tuple[str, ...]
    rows: list[tuple]
    total_count: int
    limit: int
    offset: int
    query_executed: str

    @property
    def results(self) -> list[dict[str, Any]]:
        """Return the rows as dicts."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    @property
    def has_more(self) -> bool:
        """Return whether there are rows after this page."""
        return self.offset + len(self.rows) < self.total_count

    @property
    def page(self) -> int:
        """Return the page's number, from 1."""
        return self.offset // self.limit + 1

    @property
    def page_size(self) -> int:
        """Return how many rows a page holds."""
        return self.limit

    def to_dict(self) -> dict[str, Any]:
        """Return the page as plain data: columns, rows, total, has_more."""
        return {
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "total": self.total_count,
            "has_more": self.has_more,
        }


def query(scenario: Scenario, sql: str, limit: int = 20, offset: int = 0) -> Page:
    """Return a page of a SELECT's answer; UserError for anything else, for mistakes in it, and after 30 s."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise UserError(f"limit must be between 1 and {LARGEST_PAGE}, got {limit}")
    if offset < 0:
        raise UserError(f"offset must be 0 or more, got {offset}")
    try:
        connection = duckdb.connect(str(scenario.path), read_only=True, config=SEALED)
    except duckdb.Error as error:
        raise StoreError(f"cannot open scenario {scenario.name!r}: {str(error).splitlines()[0]}") from error
    timer = threading.Timer(TIME_LIMIT, connection.interrupt)
    timer.start()
    try:
        _only_select(connection, sql)
        relation = connection.sql(sql)
        if relation is None:
            raise UserError("only SELECT is answered")
        total = relation.count("*").fetchall()[0][0]
        rows = relation.limit(limit, offset).fetchall()
        return Page(tuple(relation.columns), rows, total, limit, offset, sql)
    except duckdb.InterruptException:
        raise UserError(f"the query took longer than {TIME_LIMIT:g} s and was stopped") from None
    except duckdb.Error as error:
        raise UserError(f"query: {str(error).strip()}") from None
    finally:
        timer.cancel()
        connection.close()


def _only_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise UserError(f"give exactly one statement, got {len(statements)}")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise UserError(f"only SELECT is answered, got {statements[0].type.name.removesuffix('_STATEMENT')}")
    tree = json.loads(connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if tree.get("error"):
        raise UserError(f"only SELECT is answered: {tree.get('error_message', 'not a plain SELECT')}")
