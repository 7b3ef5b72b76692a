"""Bench, the floor: calamine decodes every file and the contract columns go bare into one table a contract, in one process.

Run by bench.night: python -m bench.floor MANIFEST URL
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

import psycopg
from python_calamine import CalamineWorkbook

from bench.contender import Stopwatch, tell
from bench.manifest import Manifest, read_manifest

HEADER_ROWS = 3
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
Rows = list[tuple[object, ...]]


def main() -> None:
    """Decode all, insert all."""
    manifest, url = read_manifest(sys.argv[1]), sys.argv[2]
    stopwatch = Stopwatch()
    with stopwatch.stage("decode"):
        rows = _decode(manifest)
    with stopwatch.stage("insert"):
        (_insert_sqlite if url.startswith("sqlite") else _insert_postgresql)(url, manifest, rows)
    tell(stopwatch, files=len(manifest["files"]), rows=sum(map(len, rows.values())))


def _decode(manifest: Manifest) -> Mapping[str, Rows]:
    picks = {name: itemgetter(*(c["position"] for c in columns)) for name, columns in manifest["contracts"].items()}
    rows: dict[str, Rows] = {name: [] for name in picks}
    for file in manifest["files"]:
        sheet = CalamineWorkbook.from_path(file["path"]).get_sheet_by_index(0).to_python()
        # The last row is the total.
        rows[file["contract"]].extend(map(picks[file["contract"]], sheet[HEADER_ROWS:-1]))
    return rows


def _tables(manifest: Manifest) -> Iterator[tuple[str, Sequence[str]]]:
    return ((name, [column["name"] for column in columns]) for name, columns in manifest["contracts"].items())


def _insert_sqlite(url: str, manifest: Manifest, rows: Mapping[str, Rows]) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        # As our warehouse is opened, or the ratio would compare two ways of writing to disk.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        for name, columns in _tables(manifest):
            connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows[name])  # noqa: S608 (our own names)
    connection.close()


def _insert_postgresql(url: str, manifest: Manifest, rows: Mapping[str, Rows]) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for name, columns in _tables(manifest):
            cursor.execute(f"CREATE TABLE {name} ({', '.join(f'{column} text' for column in columns)})".encode())
            with cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
                lines = ("\t".join(str(cell).translate(_ESCAPES) for cell in row) for row in rows[name])
                copy.write("\n".join(lines))


if __name__ == "__main__":
    main()
