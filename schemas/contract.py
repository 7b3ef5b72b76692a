"""Data contracts: what one kind of spreadsheet holds. Everything said about a kind is said in its one YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from schemas.ring import Example, Name, RingRule, Years
from schemas.values import Severity, Turn
from schemas.yaml_file import Frozen, read_named_yaml

CONTRACTS = Path(__file__).parent / "contracts"


class ColumnType(StrEnum):
    """What a cell means. `count` is a whole number; `money` is held in yuan; `share` is 0-1; `month` is its first day."""

    TEXT = "text"
    COUNT = "count"
    DECIMAL = "decimal"
    MONEY = "money"
    SHARE = "share"
    DATE = "date"
    MONTH = "month"
    YEAR = "year"
    CODE = "code"
    CHOICE = "choice"
    PARTNER = "partner"
    PERSON = "person"


NUMERIC = frozenset({ColumnType.COUNT, ColumnType.DECIMAL, ColumnType.MONEY, ColumnType.SHARE})
DATED = frozenset({ColumnType.DATE, ColumnType.MONTH})


class Privacy(StrEnum):
    """personal: kept in the fact table, never in marts, reports, logs or mail. hashed: only a keyed hash is kept. dropped: nothing."""

    NONE = "none"
    PERSONAL = "personal"
    HASHED = "hashed"
    DROPPED = "dropped"


class TimeBasis(StrEnum):
    """How rows stand to a period.

    calendar_year: each row belongs to the year of its submission. register: the partner sends the whole list since the start,
    so only its latest period counts. plan: rows are about the plan itself, and carry their own years in their columns.
    """

    CALENDAR_YEAR = "calendar_year"
    REGISTER = "register"
    PLAN = "plan"


class Column(Frozen):
    """One column of a contract: `name` is ours (English), `header` is the canonical Chinese header, `synonyms` are theirs."""

    name: Name
    header: str
    synonyms: tuple[str, ...] = ()
    type: ColumnType
    description: str = Field(description="Chinese: what belongs in the cell, shown to clerks")
    example: str = ""
    unit: str | None = Field(
        default=None,
        description="unit of the canonical header; for money the unit assumed when none is written (元 or 万元)",
    )
    required: bool = False
    fill_down: bool = Field(default=False, description="a blank under a merged cell repeats the cell above")
    minimum: float | None = Field(default=None, description="as stored: yuan for money, 0-1 for a share")
    maximum: float | None = Field(default=None, description="as stored: yuan for money, 0-1 for a share")
    max_length: int | None = None
    pattern: str | None = Field(default=None, description="regular expression the whole cell must match (code, text)")
    choices: Mapping[str, tuple[str, ...]] | None = Field(default=None, description="canonical choice → synonyms")
    in_period: Literal["year", "near", "until"] | None = Field(
        default=None,
        description="year: in the submission's year; near: that year or the one before or after; until: not after it",
    )
    for_year: int | None = Field(default=None, description="the plan year a column of a plan contract speaks of")
    privacy: Privacy = Privacy.NONE
    severity: Severity = Severity.CRITICAL
    turn: Turn = Turn.SUBMITTER
    fix: str | None = Field(default=None, description="Chinese: what to do, in place of the general text")

    @property
    def headers(self) -> tuple[str, ...]:
        """Every way the column is known to be headed, the canonical one first."""
        return (self.header, *self.synonyms)

    @property
    def is_numeric(self) -> bool:
        """Whether the column can be summed and can be approximate."""
        return self.type in NUMERIC

    @model_validator(mode="after")
    def _choices_with_choice(self) -> Column:
        if (self.type is ColumnType.CHOICE) != (self.choices is not None):
            raise ValueError("choices go with type choice, and only with it")
        return self


class CrossRule(Frozen):
    """A rule over several columns or rows.

    ordered: columns[0] is not after columns[1]. at_most: columns[0] is not above columns[1]. unique: no two rows of a
    submission agree in all columns. sum_of: columns[0] is the sum of the others within `tolerance`. required_when: columns[0] is
    filled when columns[1] equals `equals`. any_of: at least one of the columns is filled.
    """

    id: Name
    kind: Literal["ordered", "at_most", "unique", "sum_of", "required_when", "any_of"]
    columns: tuple[Name, ...] = Field(min_length=1)
    equals: str | None = None
    tolerance: float = 0.0
    severity: Severity = Severity.CRITICAL
    turn: Turn = Turn.SUBMITTER
    message: str = Field(description="Chinese: what is wrong")
    fix: str = Field(description="Chinese: what to do")
    years: Years | None = Field(
        default=None, description="first and last period it holds for; the contract's when not given"
    )
    passes: Example | None = None
    fails: Example | None = None


class Contract(Frozen):
    """One kind of spreadsheet."""

    contract: Name
    version: int = Field(ge=1)
    title: str
    title_synonyms: tuple[str, ...] = ()
    description: str
    grain: str = Field(description="what one row is, in Chinese")
    time_basis: TimeBasis
    years: tuple[int, int] = Field(default=(2019, 2023), description="first and last period accepted")
    refuse_above_share: float = Field(
        default=0.5, gt=0, le=1, description="a submission with a larger share of held rows is refused whole"
    )
    columns: tuple[Column, ...] = Field(min_length=1)
    rules: tuple[CrossRule, ...] = ()
    rings: tuple[RingRule, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: the contract has none; the text lists those it has.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(
            f"contract {self.contract} has no column {name!r}; it has {', '.join(c.name for c in self.columns)}"
        )

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns that reach the fact table in some form."""
        return tuple(column for column in self.columns if column.privacy is not Privacy.DROPPED)

    @model_validator(mode="after")
    def _names_agree(self) -> Contract:
        names = [column.name for column in self.columns]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"columns named twice: {', '.join(sorted(twice))}")
        own = [(rule.id, rule.columns) for rule in self.rules] + [(rule.id, rule.columns) for rule in self.rings]
        for rule_id, columns in own:
            unknown = set(columns) - set(names)
            if unknown:
                raise ValueError(f"rule {rule_id} names unknown columns: {', '.join(sorted(unknown))}")
        return self


def load_contracts(folder: Path = CONTRACTS) -> dict[str, Contract]:
    """All contracts of a folder, by name, in the order of their file names.

    Raises:
        YamlFileError: a file does not fit, or its name is not its contract's.
    """
    return {path.stem: read_named_yaml(path, Contract, "contract") for path in sorted(folder.glob("*.yaml"))}


@cache
def shipped_contracts() -> Mapping[str, Contract]:
    """The contracts shipped with the program, read once."""
    return load_contracts()
