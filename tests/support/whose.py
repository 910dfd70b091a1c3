"""Which person a row is about, found by following declared references."""


def routes(tables):
    """Return, by table, the references that lead from a row to its person, nearest first: ((column, table, key), ...)."""
    found = {"persons": ()}
    while True:
        more = {}
        for name, table in tables.items():
            for column in table.columns if name not in found else ():
                target, _, key = (column.references or "").partition(".")
                if target in found and not column.nullable:
                    more.setdefault(name, ((column.name, target, key), *found[target]))
        if not more:
            return found
        found |= more


def joined(name, route):
    """Return FROM and JOINs that put each row `x0` of a table beside its person, `person`."""
    sql, last = f'FROM "{name}" AS x0', "x0"
    for number, (column, target, key) in enumerate(route, 1):
        sql += f' JOIN "{target}" AS x{number} ON {last}."{column}" = x{number}."{key}"'
        last = f"x{number}"
    return sql, last
