"""Intake, before judgement: all new submissions of one contract side by side, typed, ready for every rule at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from schemas.cells import CellValue
from schemas.contract import DATED, NUMERIC, Column, ColumnType, Contract
from schemas.ring import NOTHING_KNOWN, Surroundings
from schemas.values import Conformed

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class JudgedColumn:
    """One column over all submissions, still dictionary-encoded: row i holds distinct cell `codes[i]`.

    `values` has one entry a distinct cell: float64 (NaN is nothing) for numbers and years, datetime64[D] (NaT) for dates and
    months, str or None for the rest. A cell with a problem has no value and is not blank.
    """

    codes: npt.NDArray[np.int64]
    values: Numbers | Dates | Texts
    has_problem: Bools
    is_blank: Bools
    is_approximate: Bools

    def on_rows(self, distinct: Bools) -> Bools:
        """One entry a row from one entry a distinct cell."""
        return distinct[self.codes]

    def counted(self, unit: Literal["D", "M", "Y"] = "D") -> Numbers:
        """Every distinct value as a number: a date as days (or months, or the year) since 1970, NaN for nothing.

        Raises:
            TypeError: the column holds text.
        """
        if self.values.dtype.kind == "f":
            return self.values.astype(np.float64)
        if self.values.dtype.kind != "M":
            raise TypeError("a column of texts has no order; its contract compares it all the same")
        return np.where(np.isnat(self.values), np.nan, self.values.astype(f"datetime64[{unit}]").astype(np.float64))


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows of `submissions` one after another; `position` is a row's 0-based place in its own submission."""

    submissions: tuple[Conformed, ...]
    submission: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]
    period: npt.NDArray[np.int64]
    columns: Mapping[str, JudgedColumn]
    surroundings: Surroundings = NOTHING_KNOWN

    def __len__(self) -> int:
        return len(self.submission)


def build_frame(
    contract: Contract, submissions: Sequence[Conformed], surroundings: Surroundings = NOTHING_KNOWN
) -> Frame:
    """Lay the submissions of one contract end to end. Columns that are never stored are left out.

    Raises:
        ValueError: a submission is of another contract, or its period is not a year.
    """
    for submission in submissions:
        if submission.contract != contract.contract:
            raise ValueError(
                f"a submission of {submission.contract!r} cannot be judged by contract {contract.contract!r}"
            )
    lengths = [len(submission) for submission in submissions]
    return Frame(
        submissions=tuple(submissions),
        submission=np.repeat(np.arange(len(lengths)), lengths),
        position=np.concatenate([np.arange(length) for length in lengths] or [np.arange(0)]),
        period=np.repeat(np.array([_year(submission) for submission in submissions], dtype=np.int64), lengths),
        columns={column.name: _judged_column(column, submissions) for column in contract.stored_columns},
        surroundings=surroundings,
    )


def _year(submission: Conformed) -> int:
    if not submission.period.isdecimal():
        raise ValueError(f"period {submission.period!r} of {submission.delivery_sha256[:12]} is not a year")
    return int(submission.period)


def _judged_column(column: Column, submissions: Sequence[Conformed]) -> JudgedColumn:
    parts = [submission.columns[column.name] for submission in submissions]
    starts = np.cumsum([0, *(len(part.cells) for part in parts)])
    codes = [part.codes.astype(np.int64) + start for part, start in zip(parts, starts, strict=False)]
    values = [value for part in parts for value in part.values]
    problems, approximate = np.zeros(len(values), np.bool_), np.zeros(len(values), np.bool_)
    for part, start in zip(parts, starts.tolist(), strict=False):
        for position in part.problems:
            values[start + position], problems[start + position] = None, True
        approximate[[start + position for position in part.approximate]] = True
    return JudgedColumn(
        codes=np.concatenate(codes or [np.arange(0)]),
        values=_typed(column, values),
        has_problem=problems,
        is_blank=np.array([value is None for value in values], dtype=np.bool_) & ~problems,
        is_approximate=approximate,
    )


def _typed(column: Column, values: Sequence[CellValue]) -> Numbers | Dates | Texts:
    """Types are settled here once: Great Expectations gives no rows, only an exception, for a column of mixed types."""
    try:
        if column.type in NUMERIC or column.type is ColumnType.YEAR:
            return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        if column.type in DATED:
            return np.array(values, dtype="datetime64[D]")
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {column.name} ({column.type}) holds a value of another type: {error}") from error
    return np.array([None if value is None else str(value) for value in values], dtype=np.object_)
