"""Report, the renderings together: one model becomes docx, pdf, xlsx and html under one name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from tasks.report.model import ReportModel

KINDS = ("docx", "pdf", "xlsx", "html")


def render_all(model: ReportModel, folder: Path, kinds: tuple[str, ...] = KINDS) -> list[Path]:
    """Write the renderings of `kinds` into `folder`, made when missing; returns their paths in that order.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_rendered(kind, model, folder / f"{file_stem(model)}.{kind}") for kind in kinds]


def file_stem(model: ReportModel) -> str:
    """The name of a report's files: school, title and the day it speaks of."""
    return f"{model.school}{model.title}（截至{model.as_of:%Y%m%d}）".replace("/", "-")


def _rendered(kind: str, model: ReportModel, path: Path) -> Path:
    # Each rendering brings its own heavy library; a report in one kind need not wait for the others.
    module = import_module(f"tasks.report.render_{kind}")
    renderers: Mapping[str, Callable[[ReportModel, Path], None]] = vars(module)
    renderers[f"render_{kind}"](model, path)
    return path
