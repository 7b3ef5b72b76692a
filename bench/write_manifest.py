"""Bench: writes the manifest of a workload, projected from the data contracts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.manifest import ColumnEntry, FileEntry, Manifest
from bench.workload import CONTRACTS, Ledger
from schemas.contract import Column, ColumnType, shipped_contracts


def write_manifest(path: Path, ledgers: Sequence[Ledger]) -> Path:
    """Write the manifest of these ledgers; returns its path."""
    files: list[FileEntry] = [{"path": str(ledger.path), "contract": ledger.contract} for ledger in ledgers]
    manifest: Manifest = {"files": files, "contracts": {name: _columns(name) for name in CONTRACTS}}
    path.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return path


def _columns(contract: str) -> list[ColumnEntry]:
    # As write_ledger lays them out: a running number first, then the columns.
    written = [c for c in shipped_contracts()[contract].columns if c.privacy == "none" or c.required]
    return [_column(position, column) for position, column in enumerate(written, start=1)]


def _column(position: int, column: Column) -> ColumnEntry:
    choices: Mapping[str, Sequence[str]] = column.choices or {}
    kind = ColumnType.TEXT if column.type is ColumnType.PARTNER else column.type
    return {
        "name": column.name, "header": column.header, "position": position, "type": kind.value, "required": column.required,
        "choices": [word for choice, also in choices.items() for word in (choice, *also)],
        "minimum": column.minimum, "maximum": column.maximum,
    }  # fmt: skip
