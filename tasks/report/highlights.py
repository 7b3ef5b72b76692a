"""Report: which figures stand on the leader's page and which lines of the road map are drawn. Data, for an office chooses its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from schemas.yaml_file import read_yaml

HIGHLIGHTS = Path(__file__).parent / "templates" / "highlights.yaml"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tile(_Frozen):
    """A figure shown large, under a title of its own."""

    indicator: str
    title: str
    years_back: int = 0


class Point(_Frozen):
    """A sentence: a title and the figures it names."""

    title: str
    indicators: tuple[str, ...]


class HighlightChoice(_Frozen):
    """What the leader's page shows, and the catalogue keys whose road map is drawn."""

    tiles: tuple[Tile, ...]
    points: tuple[Point, ...]
    road_charts: tuple[str, ...] = ()


@cache
def shipped_highlights() -> HighlightChoice:
    """The shipped choice, read once."""
    return read_yaml(HIGHLIGHTS, HighlightChoice)
