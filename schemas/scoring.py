"""Scoring schemes as versioned configuration: points, weights, grades and vetoes as far as a published document gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from schemas.errors import MisconfiguredError
from schemas.ring import Name
from schemas.yaml_file import Frozen, read_named_yaml

SCHEMES = Path(__file__).parent / "scoring"


class Part(Frozen):
    """A part of the points. Null `points` are not published; a part without `basis` is given by reviewers, never computed."""

    name: str
    points: Decimal | None = Field(
        default=None, ge=0, description="points of the part; null when no document gives them"
    )
    basis: Literal["indicators"] | None = Field(
        default=None, description="what the points are computed from; null: reviewers"
    )
    level1: str | None = Field(default=None, description="基于指标：一级指标名称")
    level2: str | None = Field(default=None, description="基于指标：二级指标名称；空则取整个一级指标")
    spread: Literal["lines", "projects"] = Field(
        default="lines", description="projects: evenly over the projects that have indicators, then over their lines"
    )
    parts: tuple[Part, ...] = ()

    @property
    def leaves(self) -> Iterator[Part]:
        """The parts that carry points of their own."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves

    @model_validator(mode="after")
    def _adds_up(self) -> Part:
        inner = [part.points for part in self.parts]
        known = [points for points in inner if points is not None]
        if self.parts and self.points is not None and len(known) == len(inner) and sum(known) != self.points:
            raise ValueError(f"part {self.name} has {self.points} points, its parts together {sum(known)}")
        if self.basis == "indicators" and self.level1 is None:
            raise ValueError(f"part {self.name} is computed from indicators but names no level1")
        if self.parts and self.basis:
            raise ValueError(f"part {self.name} has parts of its own, so it cannot have a basis")
        return self


class Grade(Frozen):
    """A grade and the score it begins at."""

    name: str
    at_least: Decimal


class Veto(Frozen):
    """A rule that makes the grade the lowest one. Without a `kind` only people can say whether it applies."""

    text: str = Field(description="Chinese, as a report prints it")
    kind: Literal["task_completion_below", "part_below"] | None = None
    part: str | None = None
    bound: Decimal | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Veto:
        if (self.kind is None) != (self.bound is None) or (self.kind == "part_below") != (self.part is not None):
            raise ValueError("a veto's kind goes with a bound, and part_below with the name of a part")
        return self


class Scheme(Frozen):
    """One scheme, as published for one stage."""

    scheme: Name
    version: int = Field(ge=1)
    title: str
    source: str = Field(description="Chinese: which document or report the figures were read in")
    judges_year: int | None = Field(
        default=None, description="the last year of the span it judges: an earlier report is no case for it"
    )
    weights: Mapping[str, Mapping[str, Decimal]] = Field(
        default_factory=dict,
        description="kind of unit (school, group) → scope → weight; null weights are not published: leave out",
    )
    caps_completion: bool | None = Field(
        default=None, description="whether a completion above 100 % counts as 100 %; null: not published"
    )
    earning: Literal["proportional"] | None = Field(
        default=None, description="how completion becomes points; null: not published, then there is no score"
    )
    parts: tuple[Part, ...] = Field(min_length=1)
    grades: tuple[Grade, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    inferred: tuple[str, ...] = Field(
        default=(), description="Chinese: what is our reading of a document, not its wording"
    )
    unknown: tuple[str, ...] = Field(
        default=(), description="Chinese: what no public document says; printed with the report"
    )

    @property
    def completion_cap(self) -> Decimal | None:
        """The cap on a completion as a ratio, None when there is none or none is published."""
        return Decimal(1) if self.caps_completion else None

    @model_validator(mode="after")
    def _agrees(self) -> Scheme:
        for unit, weights in self.weights.items():
            if sum(weights.values()) != 1:
                raise ValueError(f"weights of {unit} add up to {sum(weights.values())}, expected 1")
        if any(low.at_least >= high.at_least for high, low in pairwise(self.grades)):
            raise ValueError("grades must stand from the highest down")
        has_gaps = self.earning is None or any(leaf.points is None for part in self.parts for leaf in part.leaves)
        if has_gaps and not self.unknown:
            raise ValueError("points or earning are null, so `unknown` must say what is not published")
        return self


def load_schemes(folder: Path = SCHEMES) -> dict[str, Scheme]:
    """All schemes of a folder by name.

    Raises:
        YamlFileError: a file does not fit, or its name is not its scheme's.
    """
    return {path.stem: read_named_yaml(path, Scheme, "scheme") for path in sorted(folder.glob("*.yaml"))}


@cache
def shipped_schemes() -> Mapping[str, Scheme]:
    """The schemes shipped with the program, read once."""
    return load_schemes()


def find_scheme(name: str) -> Scheme:
    """The shipped scheme of that name.

    Raises:
        MisconfiguredError: there is none; the text lists those there are.
    """
    try:
        return shipped_schemes()[name]
    except KeyError:
        raise MisconfiguredError(f"no scoring scheme {name!r}; known are {', '.join(shipped_schemes())}") from None
