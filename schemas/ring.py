"""Rules of the outer rings: what a ledger is held against beyond its own rows, and the questions that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from schemas.values import Severity, Turn
from schemas.yaml_file import Frozen

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Years: TypeAlias = tuple[int, int]
RowExample: TypeAlias = Mapping[str, str | int | float | None]


class Example(Frozen):
    """Rows that meet a rule, or one of which fails it, as a test runs them through the validation of a night.

    A row is column name → value as stored (yuan, 0-1); dates as 2021-03-05; columns not named are blank.
    """

    rows: tuple[RowExample, ...] = Field(min_length=1)
    period: int = 2021
    before: tuple[RowExample, ...] = Field(default=(), description="the same partner's rows of the period before")
    others: tuple[RowExample, ...] = Field(default=(), description="rows of the contract `of_contract` names")


class RingRule(Frozen):
    """A rule over more than the rows of one submission. All but `contained` are only ever asked, never held against a row.

    counterpart: the values of `columns` occur in `of_columns` of another contract's rows, once that contract has any; rows
    whose `when_positive` is not above 0 are left alone. contained: the sum of columns[0] over the rows whose `part_column` is
    `whole` (or blank) is not below that over the rows of the `parts`. cumulative: per `part_column`, the sum of columns[0] over
    all periods so far is not above that of columns[1]. jump: the sum of columns[0] is neither more than `factor` times nor
    less than one `factor`th of that of the year before, where either reaches `floor`. falls: the sum of columns[0] (cells
    filled, when it is no number) is not below that of the latest earlier period.
    """

    id: Name
    kind: Literal["counterpart", "contained", "cumulative", "jump", "falls"]
    columns: tuple[Name, ...] = Field(min_length=1)
    of_contract: Name | None = None
    of_columns: tuple[Name, ...] = ()
    when_positive: Name | None = None
    part_column: Name | None = None
    whole: str | None = None
    parts: tuple[str, ...] = ()
    factor: float | None = Field(default=None, gt=1)
    floor: float = 0.0
    severity: Severity = Severity.WARNING
    turn: Turn = Turn.SUBMITTER
    message: str = Field(description="Chinese: what is unlikely or wrong")
    fix: str = Field(description="Chinese: what to do")
    years: Years | None = Field(
        default=None, description="first and last period it is asked of; the contract's when not given"
    )
    passes: Example
    fails: Example

    @property
    def is_question(self) -> bool:
        """Whether it is asked about, and a short answer settles it."""
        return self.kind != "contained"

    @model_validator(mode="after")
    def _complete(self) -> RingRule:
        needed = {
            "counterpart": self.of_contract and len(self.of_columns) == len(self.columns),
            "contained": self.part_column and self.whole and self.parts,
            "cumulative": self.part_column and len(self.columns) == 2,
            "jump": self.factor,
            "falls": True,
        }
        if not needed[self.kind]:
            raise ValueError(f"ring rule {self.id} of kind {self.kind} is incomplete")
        if self.severity is Severity.CRITICAL:
            raise ValueError(f"ring rule {self.id} would hold rows: what is unlikely is asked, not held")
        return self


Slice: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """What one slot comes to in one slice: sums of the wanted columns (blank counts as nothing), in the order wanted.

    `part` are the values of the slicing columns, empty texts for blanks; a whole slot has no parts.
    """

    partner_code: str
    period: int
    part: Slice
    amounts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """Totals somebody wants: of a contract, by the slicing columns, over the columns to be added up."""

    contract: str
    by: tuple[str, ...]
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A doubt that was explained before: up to `extent` it is not raised again for that partner and part, in any period."""

    rule_id: str
    partner_code: str
    part: Slice
    extent: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beyond the submissions being judged: totals of the data in force and of this night, and explanations."""

    totals: Mapping[Need, tuple[Total, ...]] = field(default_factory=dict)
    explained: tuple[Explained, ...] = ()

    def of(self, need: Need | None) -> tuple[Total, ...]:
        """The totals for a need; none when nobody looked."""
        return self.totals.get(need, ()) if need else ()


NOTHING_KNOWN = Surroundings()
