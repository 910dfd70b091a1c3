"""Answers questions in a process of its own: `python -P -m healthsim_core.state.answering`, with bounded memory.

A string built too large, or a crash in the parser, ends this process and not the one that asked. Requests and answers are pickled
frames: four bytes of length, then the content. Only the process that started it talks to it.
"""

from __future__ import annotations

import contextlib
import pickle
import struct
import sys
import threading
from typing import Any, BinaryIO

MEMORY_LIMIT = 2_000_000_000
"""Bytes DuckDB may hold for a query."""
ADDRESS_SPACE = 4_000_000_000
"""Bytes the process may map: what DuckDB does not count, long strings above all, ends here."""
LARGEST_ANSWER = 50_000_000
SEALED = {
    "access_mode": "read_only",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "lock_configuration": "true",
    "python_enable_replacements": "false",
    "memory_limit": f"{MEMORY_LIMIT // 1_000_000}MB",
    "temp_directory": "",
    # With one thread the same question has the same order of rows each time, so that pages fit together where ORDER BY ties.
    "threads": "1",
}


def send(stream: BinaryIO, content: object) -> None:
    """Write one frame."""
    data = pickle.dumps(content)
    stream.write(struct.pack(">I", len(data)) + data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Return the content of the next frame; EOFError where there is none."""
    head = stream.read(4)
    if len(head) < 4:
        raise EOFError
    return pickle.loads(stream.read(struct.unpack(">I", head)[0]))


def answer(path: str, sql: str, limit: int, offset: int, seconds: float) -> dict[str, Any]:
    """Return columns, types, rows and total of a query, or `refused` (the user's mistake) or `broken` (the file's) and why."""
    import duckdb

    from healthsim_core.errors import UserError
    from healthsim_core.state.guard import check
    from healthsim_core.state.scenario import opened

    try:
        connection = opened(path, config=SEALED)
    except duckdb.Error as error:
        return {"broken": str(error).splitlines()[0]}
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        check(connection, sql)
        relation = connection.sql(sql)
        if relation is None:
            return {"refused": "only SELECT is answered"}
        columns, types = list(relation.columns), [str(one) for one in relation.types]
        total = relation.count("*").fetchall()[0][0]
        rows = _page(connection.execute(sql), limit, offset)
        if sum(map(_size, rows)) > LARGEST_ANSWER:
            return {
                "refused": f"the page is larger than {LARGEST_ANSWER // 1_000_000} MB; ask for fewer rows or shorter texts"
            }
        return {"columns": columns, "types": types, "rows": rows, "total": total}
    except UserError as error:
        return {"refused": str(error)}
    except duckdb.InterruptException:
        return {"refused": f"the query took longer than {seconds:g} s and was stopped"}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"refused": "the query needs more memory than a question may have"}
    except duckdb.Error as error:
        return {"refused": f"query: {str(error).strip()}"}
    finally:
        timer.cancel()
        connection.close()


def _page(cursor, limit: int, offset: int) -> list[tuple]:
    # The query runs as it was written: with a LIMIT of ours around it, ties in its ORDER BY would come out differently each page.
    while offset > 0:
        passed = len(cursor.fetchmany(min(offset, 10_000)))
        if not passed:
            return []
        offset -= passed
    return cursor.fetchmany(limit)


def _size(row: tuple) -> int:
    return sum(len(value) if isinstance(value, str | bytes) else 64 for value in row)


def main() -> None:
    """Answer until the questions end."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every platform bounds a process
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    while True:
        try:
            question = receive(questions)
        except EOFError:
            return
        send(answers, answer(**question))


if __name__ == "__main__":
    main()
