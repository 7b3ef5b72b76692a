"""Figure ids: short, stable names of figures ("2021/trained_cumulative", groups appended) by which a report points back."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from schemas.errors import MisconfiguredError

BLANK = "未注明"
"""How a report names the group of rows whose cell is blank."""
_BLANK_PART = "-"


@dataclass(frozen=True, slots=True)
class FigureName:
    """A figure id taken apart: report year, catalogue key, the values of its group (None for a blank cell)."""

    year: int
    indicator: str
    group: tuple[str | None, ...] = ()


def figure_id(year: int, indicator: str, group: tuple[str | None, ...] = ()) -> str:
    """The id of a figure; Chinese stays readable, only what would break the path is escaped."""
    return "/".join([str(year), indicator, *(_BLANK_PART if part is None else _escaped(part) for part in group)])


def parse_figure_id(text: str) -> FigureName:
    """The parts of a figure id.

    Raises:
        MisconfiguredError: the text does not begin with a year and a key.
    """
    year, _, rest = text.partition("/")
    indicator, *group = rest.split("/")
    if not (year.isascii() and year.isdigit() and indicator):
        raise MisconfiguredError(
            f"figure id {text!r} not understood; expected YEAR/INDICATOR, as in 2021/trained_cumulative"
        )
    return FigureName(int(year), indicator, tuple(None if part == _BLANK_PART else unquote(part) for part in group))


def _escaped(part: str) -> str:
    if part == _BLANK_PART:
        return "%2D"
    return "".join(quote(letter, safe="") if letter in "/%" or letter.isspace() else letter for letter in part)
