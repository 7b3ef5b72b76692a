"""Bench, frictionless: each file validated against a schema with constraints, then indexed into the database (its own fast way).

Runs in an environment of its own with frictionless[excel,sql]: PYTHON -m bench.peer_frictionless MANIFEST URL
Dates are left as text, for it knows one format a column where partners write four: it is spared that work.
"""

from __future__ import annotations

import sys

from frictionless import Detector, Dialect, Field, Resource, Schema, system
from frictionless.fields import NumberField, StringField
from frictionless.formats import ExcelControl

from bench.contender import Stopwatch, tell
from bench.manifest import ColumnEntry, read_manifest

HEADER_ROW = 3
_NUMBERS = frozenset({"count", "decimal", "money", "share", "year"})


def main() -> None:
    """Every file of the manifest, one after another."""
    manifest, url = read_manifest(sys.argv[1]), sys.argv[2].replace("postgresql://", "postgresql+psycopg://")
    stopwatch = Stopwatch()
    rows = errors = 0
    for file in manifest["files"]:
        columns = manifest["contracts"][file["contract"]]
        with system.use_context(trusted=True):
            with stopwatch.stage("validate"):
                report = _resource(file["path"], columns, checks=True).validate()
                rows += report.tasks[0].stats.get("rows") or 0
                errors += report.stats["errors"]
            with stopwatch.stage("load"):
                # It loads a table whole or not at all, so the constraints stay behind.
                _resource(file["path"], columns, checks=False).index(url, name=file["contract"])
    tell(stopwatch, files=len(manifest["files"]), rows=rows, errors=errors)


def _resource(path: str, columns: list[ColumnEntry], checks: bool) -> Resource:
    dialect = Dialect(header_rows=[HEADER_ROW], controls=[ExcelControl(stringified=True)])
    schema = Schema(fields=[_field(column, checks) for column in columns])
    return Resource(path=path, dialect=dialect, schema=schema, detector=Detector(schema_sync=True))


def _field(column: ColumnEntry, checks: bool) -> Field:
    constraints: dict[str, object] = {"required": column["required"]}
    if column["choices"]:
        constraints["enum"] = column["choices"]
    is_number = column["type"] in _NUMBERS
    if is_number:
        bounds = {"minimum": column["minimum"], "maximum": column["maximum"]}
        constraints |= {key: bound for key, bound in bounds.items() if bound is not None}
    kind = NumberField if is_number else StringField
    return kind(name=column["header"], constraints=constraints if checks else {})


if __name__ == "__main__":
    main()
