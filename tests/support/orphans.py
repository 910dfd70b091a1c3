"""Keys that lead nowhere."""

from healthsim_core.state.integrity import orphans as lost_among


def orphans(catalog, connection, tables):
    """Return every reference that leads nowhere, of all tables that have rows; a key must, a name need not lead to one."""
    there = {name: catalog.get("table", name) for name in tables if tables[name]}
    found = [f"{one.table}.{one.column}: {one.rows}" for one in lost_among(connection, there)]
    for name, table in there.items():
        for column in table.columns:
            if column.references and column.is_key and column.references.split(".")[0] not in there:
                lost = connection.execute(f'SELECT count("{column.name}") FROM "{name}"').fetchone()[0]
                found += [f"{name}.{column.name}: {lost}"] if lost else []
    return found
