"""What a query may be: one SELECT over a scenario's own tables, of parts that are known to be harmless; all else is refused.

The kind of a statement is no guard: a CTE may delete or copy to a file and the statement is a SELECT still. So DuckDB's own
parse tree is walked, and whatever is not on the lists here is refused, new kinds of a later DuckDB among them.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections.abc import Iterator
from typing import Any

import duckdb

from healthsim_core.errors import UserError, suggestion

LONGEST = 20_000
"""Characters of a query."""
DEEPEST = 200
"""Levels of its parse tree."""

_NODES = frozenset(
    "SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE CTE_NODE EMPTY BASE_TABLE SUBQUERY JOIN EXPRESSION_LIST PIVOT SHOW_REF "
    "TABLE_FUNCTION ORDER_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER DISTINCT_MODIFIER ORDER_DEFAULT ASCENDING DESCENDING".split()
)
_CLASSES = frozenset(
    "STAR COLUMN_REF CONSTANT FUNCTION COMPARISON CONJUNCTION CASE CAST OPERATOR SUBQUERY WINDOW LAMBDA LAMBDA_REF BETWEEN COLLATE "
    "TYPE POSITIONAL_REFERENCE".split()
)
_TABLE_FUNCTIONS = frozenset(("range", "generate_series", "unnest", "json_each", "json_tree"))
_SHOWN = frozenset(("DESCRIBE", "SUMMARY"))
_SPECIAL = frozenset(('"tables"', "__show_tables_expanded"))
_SYSTEM = frozenset(("information_schema.tables", "information_schema.columns"))


@functools.cache
def _functions() -> frozenset[str]:
    text = importlib.resources.files("healthsim_core").joinpath("data", "query_functions.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith(";") for word in line.lower().split())


def check(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raise UserError, saying what is refused, unless `sql` is one harmless SELECT over the connection's own tables."""
    if len(sql) > LONGEST:
        raise UserError(f"the query has {len(sql):,} characters; at most {LONGEST:,} are read")
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise UserError(f"give exactly one statement, got {len(statements)}")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise UserError(f"only SELECT is answered, got {statements[0].type.name.removesuffix('_STATEMENT')}")
    tree = json.loads(connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if tree.get("error"):
        raise UserError(f"only SELECT is answered: {tree.get('error_message', 'not a plain SELECT')}")
    nodes = list(_nodes(tree["statements"]))
    tables = _tables(connection)
    named = {one["key"].lower() for node in nodes for one in node.get("cte_map", {}).get("map", ())}
    # A recursive CTE may read how far it has come.
    named |= {f"recurring.{name}" for name in named}
    for node in nodes:
        _check_node(node, tables, named)


def _nodes(root: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a parse tree; constants are values, not parts."""
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise UserError("the query is nested too deeply")
        if isinstance(node, dict):
            yield node
            if node.get("class") not in ("CONSTANT", "TYPE"):
                waiting += [(value, depth + 1) for value in node.values() if isinstance(value, dict | list)]
        else:
            waiting += [(value, depth + 1) for value in node if isinstance(value, dict | list)]


def _check_node(node: dict[str, Any], tables: frozenset[str], named: set[str]) -> None:
    if "class" in node:
        if node["class"] not in _CLASSES:
            raise UserError(f"a query may not use {_words(node['class'])}")
        if node["class"] == "FUNCTION":
            _check_function(node, _functions())
        return
    kind = node.get("type")
    if isinstance(kind, str) and "node" not in node and kind not in _NODES:
        raise UserError(f"a query may not use {_words(kind)}")
    if kind == "BASE_TABLE":
        _check_table(node, tables, named)
    elif kind == "TABLE_FUNCTION":
        _check_function(node["function"], _TABLE_FUNCTIONS)
    elif kind == "SHOW_REF":
        special = node["show_type"] == "SHOW_SPECIAL" and node["table_name"] in _SPECIAL
        if not special and not (node["show_type"] in _SHOWN and node.get("query")):
            raise UserError("of SHOW, only SHOW TABLES is answered; DESCRIBE and SUMMARIZE tell of one table")


def _check_function(node: dict[str, Any], allowed: frozenset[str]) -> None:
    path = [word for word in node["qualified_name"]["path"] if word] if node.get("qualified_name") else []
    name = (node.get("function_name") or (path[-1] if path else "")).lower()
    if name in _TABLE_FUNCTIONS:
        return
    if name not in allowed or len(path) > 1:
        raise UserError(f"a query may not use the function {name!r}{suggestion(name, allowed)}")


def _check_table(node: dict[str, Any], tables: frozenset[str], named: set[str]) -> None:
    path = [word for word in node["qualified_name"]["path"] if word]
    name = ".".join(path).lower()
    if node.get("at_clause") is not None:
        raise UserError("a query may not use AT")
    if name not in tables and name not in named and name not in _SYSTEM:
        shown = sorted(one for one in tables if "." not in one)
        raise UserError(f"the scenario has no table {'.'.join(path)!r}{suggestion(name, shown)}")


def _tables(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the scenario's tables and views, with and without their schema."""
    found = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = current_database()"
    ).fetchall()
    own = [(schema.lower(), name.lower()) for schema, name in found]
    return frozenset(
        [*(name for schema, name in own if schema == "main"), *(f"{schema}.{name}" for schema, name in own)]
    )


def _words(kind: str) -> str:
    return kind.removesuffix("_NODE").removesuffix("_QUERY").replace("_", " ")
