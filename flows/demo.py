"""The demonstration: two nights over the example inboxes, then the 2021 report, all through the real flows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flows.registry import registry_of
from flows.settings import read_settings
from flows.summary import NightSummary
from schemas.errors import MisconfiguredError

EXAMPLES = Path(__file__).parent.parent / "examples" / "inboxes"
NIGHTS = (("night1", datetime(2021, 9, 27, 2, 0)), ("night2", datetime(2021, 9, 28, 2, 0)))  # noqa: DTZ001 - office time, set below
REPORT_AT = datetime(2021, 9, 30, 18, 0)  # noqa: DTZ001
YEAR = 2021
AS_OF = date(2021, 9, 30)


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What the demonstration came to."""

    nights: tuple[NightSummary, ...]
    report_paths: tuple[Path, ...]
    warehouse: Path


def run_demo(home: Path) -> Demonstration:
    """Run the demonstration in an emptied `home`.

    Raises:
        MisconfiguredError: the examples are not there (they ship with the checkout), or `home` holds something else.
    """
    if not EXAMPLES.is_dir():
        raise MisconfiguredError(f"the example inboxes are not at {EXAMPLES}; run the demonstration from a checkout")
    _empty(home)
    with _at_home(home):
        # The flows read Prefect's settings when they are imported.
        from flows.annual_report import annual_report  # noqa: PLC0415
        from flows.collect import collect  # noqa: PLC0415

        settings = read_settings()
        nights = []
        for name, at in NIGHTS:
            _deliver(EXAMPLES / name, settings.inbox_folder, at)
            nights.append(collect(at=at.replace(tzinfo=settings.zone)))
        paths = annual_report(year=YEAR, as_of=AS_OF, at=REPORT_AT.replace(tzinfo=settings.zone))
    return Demonstration(tuple(nights), tuple(paths), home / "warehouse.db")


def _empty(home: Path) -> None:
    marker = home / ".doublehigh-demo"
    if home.exists() and any(home.iterdir()) and not marker.exists():
        raise MisconfiguredError(
            f"{home} is not empty and was not made by the demonstration; give another folder with --home"
        )
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    marker.touch()


@contextmanager
def _at_home(home: Path) -> Iterator[None]:
    """The demonstration's own settings, whatever the environment says, so that it can touch nothing of the office's."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("DOUBLEHIGH_")}
    for name in kept:
        del os.environ[name]
    os.environ.update({"DOUBLEHIGH_HOME": str(home), "DOUBLEHIGH_LEADERSHIP": "president@college.example"})
    try:
        yield
    finally:
        del os.environ["DOUBLEHIGH_HOME"], os.environ["DOUBLEHIGH_LEADERSHIP"]
        os.environ.update(kept)


def _deliver(night: Path, inbox: Path, at: datetime) -> None:
    """Lay the night's files into the inboxes, as the partners did the evening before."""
    for partner in registry_of(read_settings()).partners.values():
        if partner.inbox:
            (inbox / partner.inbox.partition(":")[2]).mkdir(parents=True, exist_ok=True)
    for source in sorted(path for path in night.rglob("*") if path.is_file()):
        target = inbox / source.relative_to(night)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        os.utime(target, (at.timestamp(), at.timestamp()))


def summary_lines(demo: Demonstration) -> Sequence[str]:
    """The end of the demonstration in plain words: what came in, what was held back and why, and where everything is."""
    answers = [answer for night in demo.nights for answer in night.new_answers]
    held = [(message, count) for night in demo.nights for message, count in night.held_because.items()]
    lines = ["", "What came in / 收到:"]
    lines += [f"  night {night.night_id}: {_came_in(night)}" for night in demo.nights]
    lines += ["What was held back, and why / 留置和退回:"]
    lines += [f"  {count} × {message}" for message, count in sorted(held, key=lambda item: -item[1])[:8]]
    lines += [
        f"  {a.partner_name}《{a.file_name}》: {a.first_message}"
        for a in answers
        if not a.rows_loaded and a.first_message
    ][:10]
    lines += ["Where it is / 文件位置:"]
    lines += [f"  report     {path}" for path in demo.report_paths]
    marked = next((answer.marked_path for answer in answers if answer.marked_path and answer.rows_held), None)
    lines += [f"  marked     {marked}"] if marked else []
    lines += [f"  warehouse  {demo.warehouse}"]
    return lines


def _came_in(night: NightSummary) -> str:
    accepted = sum(1 for answer in night.new_answers if answer.rows_loaded)
    return (
        f"{night.delivery_count} files from {night.partner_count} inboxes ({night.unchanged_count} more unchanged), "
        f"{accepted} ledgers loaded with {night.rows_loaded:,} rows, {night.rows_held} rows held back"
    )
