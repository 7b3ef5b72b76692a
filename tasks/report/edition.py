"""Report, an edition: draft or issued, made from its manifest alone and the warehouse, so that it can be made again, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import Engine

from tasks.report.amend import add_corrections, corrections_of
from tasks.report.compose import compose_year
from tasks.report.manifest import hash_file, read_inputs, register_of
from tasks.report.measure import Measured, measure_year
from tasks.report.model import ReportModel
from tasks.report.renderings import render_all
from warehouse.marts.register import open_under_register

DRAFT = "送审稿"


@dataclass(frozen=True, slots=True)
class Edition:
    """A report with what it was measured from and the manifest it can be made again from."""

    measured: Measured
    model: ReportModel
    manifest: Mapping[str, object]


def compose_draft(engine: Engine, measured: Measured, school: str, scheme: str) -> Edition:
    """The draft of a measured year, marked as one on its first page, with its manifest."""
    with engine.connect() as connection:
        manifest = {**read_inputs(connection, measured, school, scheme), "mark": DRAFT}
    return Edition(measured, _marked(compose_year(engine, measured, school, scheme=scheme), manifest), manifest)


def compose_edition(url: str, manifest: Mapping[str, object]) -> Edition:
    """The report of a manifest, as the program makes it now.

    Args:
        url: the warehouse.
        manifest: as `compose_draft` made it; its `mark` and `corrections` are printed.
    """
    asked = question_of(manifest)
    day, known_at = date.fromisoformat(asked["as_of"]), datetime.fromisoformat(asked["known_at"])
    with open_under_register(url, register_of(manifest)) as engine:
        measured = measure_year(engine, int(asked["year"]), day, known_at)
        model = compose_year(engine, measured, asked["school"], scheme=asked["scheme"])
        with engine.connect() as connection:
            inputs = read_inputs(connection, measured, asked["school"], asked["scheme"])
    return Edition(measured, _marked(model, manifest), {**manifest, **inputs})


def render_edition(url: str, manifest: Mapping[str, object], folder: Path) -> dict[str, str]:
    """Write the four renderings of a manifest into a folder; returns file name → sha256."""
    paths = render_all(compose_edition(url, manifest).model, folder)
    return {path.name: hash_file(path) for path in paths}


def render_afresh(url: str, manifest: Mapping[str, object], folder: Path) -> dict[str, str]:
    """The same in a new process, which shares nothing with this one but the warehouse."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(render_edition, url, manifest, folder).result()


def question_of(manifest: Mapping[str, object]) -> Mapping[str, str]:
    """What the report of a manifest answers: year, as_of, known_at, school, scheme."""
    asked: Mapping[str, object] = manifest["question"]  # type: ignore[assignment]  # written by `read_inputs`
    return {name: str(value) for name, value in asked.items()}


def _marked(model: ReportModel, manifest: Mapping[str, object]) -> ReportModel:
    """The mark stands in the title: on the first page, in the file's name and in the subject of the mail."""
    corrected = add_corrections(model, corrections_of(manifest))
    return replace(corrected, title=f"{model.title}（{manifest['mark']}）")
