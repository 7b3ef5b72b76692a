"""Bench: the workload as a JSON file a measured program can read without our packages: files, contracts, columns, plain rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict


class FileEntry(TypedDict):
    """One file: where it is and which contract it is of."""

    path: str
    contract: str


class ColumnEntry(TypedDict):
    """One contract column: its name, the header and position it stands at (from 0), its type, and what a cell must be."""

    name: str
    header: str
    position: int
    type: str
    required: bool
    choices: list[str]
    minimum: float | None
    maximum: float | None


class Manifest(TypedDict):
    """The whole workload."""

    files: list[FileEntry]
    contracts: dict[str, list[ColumnEntry]]


def read_manifest(path: str | Path) -> Manifest:
    """The manifest as written."""
    manifest: Manifest = json.loads(Path(path).read_text(encoding="utf-8"))
    return manifest


def sample_of(path: Path, size: int) -> Path:
    """A manifest of `size` of the files, spread over the whole list, beside the whole one; returns its path."""
    manifest = read_manifest(path)
    step = max(1, len(manifest["files"]) // size)
    sample: Manifest = {**manifest, "files": manifest["files"][::step][:size]}
    to = path.with_name(f"sample-{size}.json")
    to.write_text(json.dumps(sample, ensure_ascii=False), encoding="utf-8")
    return to
