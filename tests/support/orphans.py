"""Keys that lead nowhere."""


def orphans(catalog, connection, tables):
    """Return every reference that leads nowhere, of all tables that have rows."""
    found = []
    for name in tables:
        for column in catalog.get("table", name).columns:
            if not column.references or not tables[name]:
                continue
            table, key = column.references.split(".")
            if table not in tables:
                lost = connection.execute(f'SELECT count("{column.name}") FROM "{name}"').fetchone()[0]
            else:
                lost = connection.execute(f'SELECT count(*) FROM "{name}" a WHERE "{column.name}" IS NOT NULL AND NOT EXISTS '
                            f'(SELECT 1 FROM "{table}" b WHERE b."{key}" = a."{column.name}")').fetchone()[0]  # fmt: skip
            if lost:
                found.append(f"{name}.{column.name}: {lost}")
    return found
