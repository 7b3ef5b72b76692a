"""Time bases as types: which days a figure of a report year speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import Field, model_validator

from schemas.yaml_file import Frozen

PLAN_START = date(2019, 1, 1)
"""First day of the plan's period (教职成〔2019〕5号)."""


class Basis(StrEnum):
    """calendar_year · school_year (1 Sept – 31 Aug, ending in the year) · half_year · cumulative since the plan began · as_at a day."""

    CALENDAR_YEAR = "calendar_year"
    SCHOOL_YEAR = "school_year"
    HALF_YEAR = "half_year"
    CUMULATIVE = "cumulative"
    AS_AT = "as_at"


BASIS_NAMES = {
    Basis.CALENDAR_YEAR: "自然年度", Basis.SCHOOL_YEAR: "学年", Basis.HALF_YEAR: "半年度",
    Basis.CUMULATIVE: "累计", Basis.AS_AT: "时点",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """The days whose rows count, both ends included. `first` is None for an as-at figure: everything up to `last` counts.

    `is_open` is False while the report year (or its half) has not begun on the as-of day: nothing is due yet.
    """

    first: date | None
    last: date
    is_open: bool

    @property
    def shown_from(self) -> date:
        """The first day as a report names it: an as-at figure speaks of one day."""
        return self.first or self.last


class Time(Frozen):
    """How a figure stands to time. `column` dates a row; a row without a date belongs to its submission's year."""

    basis: Basis
    column: str | None = Field(
        default=None, description="date, month or year column of the row; without one the submission's year counts"
    )
    half: int | None = Field(default=None, ge=1, le=2, description="half_year only: first or second half")
    years: int = Field(
        default=1,
        ge=1,
        le=5,
        description="calendar_year and school_year: years taken together, ending with the report year",
    )

    @property
    def needs_date(self) -> bool:
        """Whether a row can only be placed by its day: its year alone would not do."""
        return self.basis in {Basis.HALF_YEAR, Basis.SCHOOL_YEAR}

    @model_validator(mode="after")
    def _fits_together(self) -> Time:
        if (self.basis is Basis.HALF_YEAR) != (self.half is not None):
            raise ValueError("half goes with basis half_year, and only with it")
        if self.needs_date and self.column is None:
            raise ValueError(
                f"basis {self.basis} needs a date column: a submission's year does not say which part of it"
            )
        return self

    def window(self, year: int, as_of: date) -> Window:
        """The days of report year `year`, cut off at `as_of`."""
        first, last = self._span(year)
        opens = first if self.basis is Basis.HALF_YEAR else date(year, 1, 1)
        return Window(first, min(last, as_of), opens is not None and opens <= as_of)

    def _span(self, year: int) -> tuple[date | None, date]:
        match self.basis:
            case Basis.SCHOOL_YEAR:
                return date(year - self.years, 9, 1), date(year, 8, 31)
            case Basis.HALF_YEAR:
                return (
                    (date(year, 1, 1), date(year, 6, 30)) if self.half == 1 else (date(year, 7, 1), date(year, 12, 31))
                )
            case Basis.CUMULATIVE:
                return PLAN_START, date(year, 12, 31)
            case Basis.AS_AT:
                return None, date(year, 12, 31)
            case Basis.CALENDAR_YEAR:
                return date(year - self.years + 1, 1, 1), date(year, 12, 31)
