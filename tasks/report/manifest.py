"""Report, its manifest: every input a report is a pure function of, by version and hash, and in words what differs later."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection

import schemas
from schemas.contract import shipped_contracts
from schemas.values import Figure
from tasks.report.highlights import HIGHLIGHTS
from tasks.report.measure import Measured
from warehouse.marts.register import Register, read_register
from warehouse.marts.reports import read_decision_ids, standing_ledgers

Entries = Mapping[str, str]
"""Name of an input → its version, hash or both."""
GROUPS = {
    "contracts": "合同", "catalogue": "指标目录", "schemes": "评分方案", "templates": "模板", "fonts": "字体",
    "program": "程序", "libraries": "渲染库", "slots": "台账",
}  # fmt: skip
_LIBRARIES = ("python-docx", "lxml", "typst", "XlsxWriter", "Jinja2", "MarkupSafe", "vl-convert-python", "SQLAlchemy")
_SCHEMAS, _REPORT = Path(schemas.__file__).parent, HIGHLIGHTS.parents[1]


def read_inputs(connection: Connection, measured: Measured, school: str, scheme: str) -> dict[str, object]:
    """The manifest of a measured year: what it asks, and every input with its version and hash."""
    return {
        "question": {
            "year": measured.year, "as_of": measured.as_of.isoformat(), "known_at": measured.known_at.isoformat(),
            "school": school, "scheme": scheme,
        },
        **shipped_inputs(),
        "slots": read_slots(connection, measured.year, measured.known_at),
        "decisions": read_decision_ids(connection, measured.known_at),
        "register": read_register(connection),
        "figures": hash_figures(measured.figures),
    }  # fmt: skip


def shipped_inputs() -> dict[str, Entries]:
    """The inputs that come with the program as it runs now."""
    return {
        "contracts": _contracts(),
        "catalogue": {**_hashes(_SCHEMAS / "indicators", "*.yaml"), HIGHLIGHTS.name: _hash(HIGHLIGHTS)},
        "schemes": _hashes(_SCHEMAS / "scoring", "*.yaml"),
        "templates": _hashes(_REPORT / "templates", "report.*"),
        "fonts": _hashes(_REPORT / "fonts", "*.t[tx][ft]"),
        "program": {"doublehigh": version("doublehigh"), "code": _code(), "python": platform.python_version()},
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def read_slots(connection: Connection, year: int, known_at: datetime) -> Entries:
    """What was in force for each slot when the report was made: its delivery's sha256 and submission."""
    found = standing_ledgers(connection, known_at, year)
    return {"/".join(slot): f"{one.delivery_sha256} #{one.submission_id}" for slot, one in found.items()}


def hash_figures(figures: Iterable[Figure]) -> str:
    """One hash of all figures as measured."""
    lines = [
        [
            f.figure_id,
            f.state.value,
            None if f.value is None else str(f.value),
            f.rows_observed,
            str(f.approximate_part),
        ]
        for f in figures
    ]
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()


def describe_differences(then: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """Which inputs differ between two manifests, one Chinese line each."""
    lines = [line for group, name in GROUPS.items() for line in _differing(name, then.get(group), now.get(group))]
    return [*lines, *_renamed(then.get("register"), now.get("register"))]


def hash_file(path: Path) -> str:
    """The sha256 of a file."""
    return _hash(path)


def _contracts() -> Entries:
    folder = _SCHEMAS / "contracts"
    known = shipped_contracts()
    return {name: f"{known[name].version} {_hash(folder / f'{name}.yaml')}" for name in sorted(known)}


def _code() -> str:
    """One hash of the modules that measure, compose and render: a change between releases shows too."""
    folders = (_REPORT, _SCHEMAS, _SCHEMAS.parent / "warehouse" / "marts")
    parts = [f"{path.name} {_hash(path)}" for folder in folders for path in sorted(folder.glob("*.py"))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _hashes(folder: Path, pattern: str) -> Entries:
    return {path.name: _hash(path) for path in sorted(folder.glob(pattern))}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _differing(group: str, then: object, now: object) -> Iterator[str]:
    before, after = _entries(then), _entries(now)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{group} {name}：{_told(before.get(name), after.get(name))}"


def _told(before: str | None, after: str | None) -> str:
    """版本 3→4 where versions tell them apart, else that the content changed."""
    if before is None or after is None:
        return "新增" if before is None else "已不在"
    old, new = before.split(" ")[0], after.split(" ")[0]
    if old == new:
        return "内容有改动，版本号未变" if " " in before else "有改动"
    return f"{_short(old)}→{_short(new)}"


def _short(text: str) -> str:
    return f"{text[:8]}…" if len(text) == 64 else f"版本 {text}"


def _entries(found: object) -> Entries:
    return found if isinstance(found, Mapping) else {}


def _renamed(then: object, now: object) -> Iterator[str]:
    """Institutions that are called otherwise now. A report keeps the names of its day, so this alone changes no byte."""
    before, after = _names(then), _names(now)
    for code in sorted(before.keys() & after.keys()):
        if before[code] != after[code]:
            yield f"单位名称 {code}：{before[code]}→{after[code]}（报告沿用当时的名称）"


def _names(register: object) -> Entries:
    rows: Sequence[Mapping[str, str]] = _entries(register).get("dim_institution", ())  # type: ignore[assignment]
    return {row["institution_code"]: row["institution_name"] for row in rows}


def register_of(manifest: Mapping[str, object]) -> Register:
    """The register a manifest keeps."""
    found: Register = manifest["register"]  # type: ignore[assignment]  # written by `read_inputs`
    return found
