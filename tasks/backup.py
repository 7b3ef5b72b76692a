"""Back-up and restore of all an office cannot make again: its warehouse, every file received, its reports, key and partner files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from schemas.errors import MisconfiguredError, UnavailableError
from warehouse.backup import copy_warehouse, fill_warehouse, holds_tables, revision_of

MANIFEST = "manifest.json"
PREFIX = "doublehigh-"
UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class Belongings:
    """What an office owns: the URL of its warehouse, and its files and folders by their name in a back-up."""

    warehouse_url: str
    places: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class BackUp:
    """A back-up: its folder, how many files it holds and how many bytes, and how many of them stood in the one before."""

    folder: Path
    file_count: int
    size_bytes: int
    shared_count: int


def back_up(belongings: Belongings, to: Path, now: datetime) -> BackUp:
    """Copy everything into a new folder below `to`, readable by its owner only; other work may go on meanwhile.

    A file that stands unchanged in the back-up before, as all received files do, takes no room a second time. The folder gets
    its name only when it is whole. The database is copied first: a file that comes later is then too much, never missing.

    Raises:
        MisconfiguredError: there is no warehouse yet.
        UnavailableError: the database does not answer, or the folder cannot be written.
    """
    if not holds_tables(belongings.warehouse_url):
        raise MisconfiguredError("there is nothing to back up yet: the warehouse is empty")
    name = f"{PREFIX}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    before = max(list_back_ups(to), default=None)
    unfinished = to / f"{name}{UNFINISHED}"
    try:
        unfinished.mkdir(parents=True, mode=0o700)
        held = _copy_all(belongings, unfinished, before)
        _write_manifest(unfinished, held, belongings.warehouse_url, now)
        unfinished.rename(to / name)
    except OSError as error:
        raise UnavailableError(f"the back-up cannot be written to {to}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    shared = sum(1 for told in held.values() if told["is_shared"])
    return BackUp(to / name, len(held), sum(int(told["size_bytes"]) for told in held.values()), shared)


def list_back_ups(folder: Path) -> list[Path]:
    """The whole back-ups in a folder, oldest first."""
    return sorted(path.parent for path in folder.glob(f"{PREFIX}*/{MANIFEST}") if path.parent.suffix != UNFINISHED)


def drop_old(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` back-ups; returns what was deleted. The rest stay whole: nothing they hold is lost."""
    old = list_back_ups(folder)[:-keep]
    for path in old:
        shutil.rmtree(path)
    return old


def check_back_up(folder: Path) -> int:
    """Read every file of a back-up and compare it with its hash; returns how many there are.

    Raises:
        MisconfiguredError: the folder is no back-up, or files are missing, too many or altered; the text names them.
    """
    told = _read_manifest(folder)
    present = {path.relative_to(folder).as_posix() for path in _files_below(folder)} - {MANIFEST}
    wrong = [f"{name} (missing)" for name in told if name not in present]
    wrong += [f"{name} (not in the manifest)" for name in sorted(present) if name not in told]
    wrong += [f"{name} (altered)" for name in told if name in present and _hash_of(folder / name) != told[name]]
    if wrong:
        shown = ", ".join(wrong[:10]) + (f" and {len(wrong) - 10} more" if len(wrong) > 10 else "")
        raise MisconfiguredError(
            f"the back-up {folder} is damaged: {shown}; nothing was restored; take another back-up"
        )
    return len(told)


def restore(folder: Path, belongings: Belongings) -> int:
    """Put a back-up back into an office that has nothing yet; returns how many files were put back.

    Everything is checked before anything is written.

    Raises:
        MisconfiguredError: the back-up is damaged, or the office holds something else already.
        UnavailableError: the database does not answer, or a folder cannot be written.
    """
    count = check_back_up(folder)
    _refuse_full(belongings, folder)
    copy = next(path for path in folder.iterdir() if path.stem == "warehouse" and path.is_file())
    fill_warehouse(belongings.warehouse_url, copy)
    for name, place in belongings.places.items():
        for source in _files_below(folder / name):
            to = place if source == folder / name else place / source.relative_to(folder / name)
            if not to.exists():
                _copy(source, to)
    return count


def _refuse_full(belongings: Belongings, folder: Path) -> None:
    """A file that stands there already as the back-up holds it, the partner files say, is no reason to refuse."""
    told = _read_manifest(folder)
    full = [
        str(place)
        for name, place in belongings.places.items()
        if any(_hash_of(file) != told.get(_name_in_copy(name, place, file)) for file in _files_below(place))
    ]
    if holds_tables(belongings.warehouse_url):
        full.insert(0, "the warehouse")
    if full:
        raise MisconfiguredError(
            f"not empty: {', '.join(full)}. Nothing was restored. Restore into a new home (DOUBLEHIGH_HOME) and a new "
            "database, or move what is there away first"
        )


def _name_in_copy(name: str, place: Path, file: Path) -> str:
    return name if file == place else f"{name}/{file.relative_to(place).as_posix()}"


def _copy_all(belongings: Belongings, to: Path, before: Path | None) -> dict[str, dict[str, str | int | bool]]:
    known = _read_manifest(before) if before else {}
    copy = copy_warehouse(belongings.warehouse_url, to)
    held = {copy.name: _entry(copy, is_shared=False)}
    for name, place in belongings.places.items():
        for source in _files_below(place):
            path = _name_in_copy(name, place, source)
            earlier = (before / path, known[path]) if before and path in known else None
            held[path] = _keep(source, to / path, earlier)
    return held


def _keep(source: Path, to: Path, earlier: tuple[Path, str] | None) -> dict[str, str | int | bool]:
    """Copies a file, or links it to the same one of the back-up before, when that is still what its manifest says."""
    to.parent.mkdir(parents=True, exist_ok=True)
    if earlier and _looks_the_same(source, earlier[0]) and _link(*earlier, to):
        return _entry(to, is_shared=True)
    shutil.copy2(source, to)
    return _entry(to, is_shared=False)


def _link(earlier: Path, known: str, to: Path) -> bool:
    if _hash_of(earlier) != known:
        return False
    try:
        os.link(earlier, to)
    except OSError:  # a file system without links, or too many to one file: it is copied like any other
        return False
    return True


def _looks_the_same(one: Path, other: Path) -> bool:
    if not other.is_file():
        return False
    seen, kept = one.stat(), other.stat()
    return (seen.st_size, seen.st_mtime_ns) == (kept.st_size, kept.st_mtime_ns)


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, to)


def _entry(path: Path, *, is_shared: bool) -> dict[str, str | int | bool]:
    return {"sha256": _hash_of(path), "size_bytes": path.stat().st_size, "is_shared": is_shared}


def _files_below(place: Path) -> Iterator[Path]:
    """The regular files of a folder in order, or the one file `place` is; links are not followed."""
    if place.is_file() and not place.is_symlink():
        yield place
    elif place.is_dir():
        yield from sorted(path for path in place.rglob("*") if stat.S_ISREG(path.lstat().st_mode))


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_manifest(folder: Path, held: Mapping[str, object], url: str, now: datetime) -> None:
    told = {
        "program": version("doublehigh"),
        "migration": revision_of(url),
        "taken_at": now.astimezone(UTC).isoformat(),
        "files": held,
    }
    (folder / MANIFEST).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def _read_manifest(folder: Path) -> dict[str, str]:
    """The hash of each file of a back-up."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {name: entry["sha256"] for name, entry in told["files"].items()}
    except FileNotFoundError:
        raise MisconfiguredError(f"{folder} is no back-up: there is no {MANIFEST} in it") from None
    except (ValueError, KeyError, TypeError) as error:
        raise MisconfiguredError(f"{folder / MANIFEST} cannot be read: {error}; take another back-up") from error
