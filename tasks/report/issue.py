"""Report, its issue: the final files frozen in a folder of their own with their manifest, and later compared with a fresh rendering."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from schemas.errors import MisconfiguredError
from tasks.report.edition import render_afresh
from tasks.report.manifest import describe_differences, hash_file, read_slots, shipped_inputs
from warehouse.marts.register import read_register
from warehouse.marts.reports import Report

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of an issued report. `altered` are frozen files that are not as issued, `unlike` those rendered otherwise now.

    `differences` (Chinese) are the inputs that are not what they were.
    """

    altered: tuple[str, ...]
    unlike: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether the frozen files are untouched and a rendering made now is the same, byte for byte."""
        return not self.altered and not self.unlike


def report_number(report: Report) -> str:
    """The number an issued report is known by: 2021-003."""
    return f"{report.year}-{report.report_id:03d}"


def issued_folder(reports_folder: Path, report: Report) -> Path:
    """Where the files of an issued report lie."""
    return reports_folder / "issued" / report_number(report)


@contextmanager
def prepared_folder(final: Path) -> Iterator[Path]:
    """A folder beside `final` to render into; whatever is left of it at the end is removed."""
    final.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".issue-", dir=final.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def freeze_folder(folder: Path, final: Path, manifest: Mapping[str, object]) -> list[Path]:
    """Put the rendered files with their manifest in their final place, read-only; returns the report's files.

    Raises:
        MisconfiguredError: there is something in that place already.
    """
    if final.exists():
        raise MisconfiguredError(f"{final} 已经存在；已印发的报告不能覆盖，请先查明其来源")
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.rename(final)
    final.chmod(0o555)
    return sorted(path for path in final.iterdir() if path.name != MANIFEST)


def verify_issued(connection: Connection, url: str, report: Report, frozen: Path) -> Verification:
    """Compare an issued report with its frozen files and with a rendering made afresh in a new process.

    Raises:
        MisconfiguredError: it was not issued with a manifest.
    """
    if report.manifest is None or not report.files:
        raise MisconfiguredError(f"报告 {report.report_id} 没有印发，或印发时没有留下清单，无法核对")
    altered = _unlike(report.files, lambda name: _hash_of(frozen / name))
    with tempfile.TemporaryDirectory() as folder:
        fresh = render_afresh(url, report.manifest, Path(folder))
    now = {
        **shipped_inputs(),
        "slots": read_slots(connection, report.year, report.known_at),
        "register": read_register(connection),
    }
    return Verification(altered, _unlike(report.files, fresh.get), tuple(describe_differences(report.manifest, now)))


def _unlike(files: Mapping[str, str], found: Callable[[str], str | None]) -> tuple[str, ...]:
    return tuple(name for name, sha256 in sorted(files.items()) if found(name) != sha256)


def _hash_of(path: Path) -> str | None:
    return hash_file(path) if path.is_file() else None
