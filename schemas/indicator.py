"""The indicator catalogue: what each figure counts, from which ledger, over which days. One entry a figure, compiled to SQL elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from schemas.contract import DATED, ColumnType, Contract, Privacy, shipped_contracts
from schemas.ring import Name
from schemas.time_window import Time
from schemas.yaml_file import Frozen, YamlFileError, read_yaml

INDICATORS = Path(__file__).parent / "indicators"


class Institutions(Frozen):
    """Institutions by code, by kind or by region (a region code covers the regions inside it); any one of the three is enough."""

    codes: tuple[Name, ...] = ()
    kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class Condition(Frozen):
    """What a cell must be for its row to count; all that is given must hold. A bare list is `one_of`."""

    one_of: tuple[str | int, ...] = ()
    none_of: tuple[str | int, ...] = Field(default=(), description="a blank is none of them, and passes")
    containing: tuple[str, ...] = Field(default=(), description="the text contains one of these")
    not_containing: tuple[str, ...] = Field(default=(), description="the text contains none of these; a blank passes")
    institutions: Institutions | None = None
    other_institutions: Institutions | None = Field(default=None, description="not one of these institutions")
    filled: bool = Field(default=False, description="the cell is not blank")
    or_blank: bool = Field(
        default=False, description="a blank passes as well (where the contract says what a blank means)"
    )


def _spelt_out(value: object) -> object:
    return {"one_of": value} if isinstance(value, list | tuple) else value


Filter = Mapping[
    Name, Annotated[Condition, BeforeValidator(_spelt_out, json_schema_input_type=Condition | tuple[str | int, ...])]
]


class Count(Frozen):
    """The number of rows."""

    kind: Literal["count"]


class Sum(Frozen):
    """The sum of a numeric column; a blank counts as `blank_counts` when the contract's description says so."""

    kind: Literal["sum"]
    column: Name
    blank_counts: int | None = None


class CountDistinct(Frozen):
    """The number of different values. `first_filled` takes, row by row, the first of the columns that is filled."""

    kind: Literal["count_distinct"]
    columns: tuple[Name, ...] = Field(min_length=1)
    identity: Literal["all", "first_filled"] = "all"


class Ratio(Frozen):
    """Sum of the numerator columns over the sum of the denominator columns less those of `denominator_less`."""

    kind: Literal["ratio"]
    numerator: tuple[Name, ...] = Field(min_length=1)
    denominator: tuple[Name, ...] = Field(min_length=1)
    denominator_less: tuple[Name, ...] = ()


class Share(Frozen):
    """The rows that meet `where` over all rows that pass the filter."""

    kind: Literal["share"]
    where: Filter


class Mean(Frozen):
    """The mean of a numeric column, each row weighing as its `weight` column says (equally without one); no weight, no mean."""

    kind: Literal["mean"]
    column: Name
    weight: Name | None = None


class Growth(Frozen):
    """How much the sum of a column grew on the same window a year before, as a share of that; no earlier sum, no growth."""

    kind: Literal["growth"]
    column: Name


Measure = Annotated[Count | Sum | CountDistinct | Ratio | Share | Mean | Growth, Field(discriminator="kind")]


class Indicator(Frozen):
    """One figure (or one family of figures, when `group_by` breaks it down)."""

    key: Name
    title: str = Field(min_length=2, description="Chinese, as a table heads it")
    title_en: str = Field(min_length=2, description="English, as an English table heads it")
    definition: str = Field(min_length=2, description="Chinese: what counts")
    definition_en: str = Field(min_length=2, description="English: what counts")
    not_counted: str = Field(min_length=2, description="Chinese: what one might expect in it and does not count")
    not_counted_en: str = Field(min_length=2, description="English: what does not count")
    unit: str = Field(min_length=1)
    contract: Name
    measure: Measure
    filter: Filter = Field(default_factory=dict)
    group_by: tuple[Name, ...] = ()
    by_province: bool = Field(
        default=False,
        description="institutions in group_by are taken together by province; for counts of rows and sums",
    )
    time: Time
    rounding: int = Field(ge=0, le=4, description="decimal places of the figure; what is printed is what is compared")
    project: str | None = Field(default=None, description="the project of the plan it stands under, by name")
    scope: str = Field(default="学校", description="the scope of the plan it measures")
    plan_names: tuple[str, ...] = Field(
        default=(), description="names of the 三级指标 in the office's table that mean this figure"
    )
    in_report: bool = Field(
        default=True, description="false: in a report only where a line of the plan means it; else on request (trace)"
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that make the value: the cells one looks at to check it."""
        measure = self.measure
        if isinstance(measure, Sum | Growth):
            return (measure.column,)
        if isinstance(measure, Mean):
            return (measure.column, *((measure.weight,) if measure.weight else ()))
        if isinstance(measure, CountDistinct):
            return measure.columns
        if isinstance(measure, Ratio):
            return (*measure.numerator, *measure.denominator, *measure.denominator_less)
        return tuple(measure.where) if isinstance(measure, Share) else ()

    @model_validator(mode="after")
    def _provinces_can_be_added(self) -> Indicator:
        places = [name for name in self.group_by if name.endswith("_institution_code")]
        if self.by_province and (len(places) != 1 or not isinstance(self.measure, Count | Sum)):
            raise ValueError("by_province needs one institution column in group_by, and a count of rows or a sum")
        return self

    @model_validator(mode="after")
    def _plan_lines_are_single_figures(self) -> Indicator:
        if self.group_by and self.plan_names:
            raise ValueError(
                "an indicator with group_by has many figures, so no line of the plan can mean it: drop plan_names"
            )
        return self


class IndicatorFile(Frozen):
    """One file of the catalogue: the indicators of one subject."""

    indicators: tuple[Indicator, ...] = Field(min_length=1)


def load_indicators(folder: Path = INDICATORS, contracts: Mapping[str, Contract] | None = None) -> dict[str, Indicator]:
    """All indicators of a folder by key, in the order of files and entries.

    Raises:
        YamlFileError: a file does not fit, a key stands twice, or an entry names a contract or column there is not.
    """
    known = shipped_contracts() if contracts is None else contracts
    indicators: dict[str, Indicator] = {}
    for path in sorted(folder.glob("*.yaml")):
        for position, indicator in enumerate(read_yaml(path, IndicatorFile).indicators):
            faults = [*_faults(indicator, known)]
            if indicator.key in indicators:
                faults.append(f"key {indicator.key!r} is already taken by another indicator")
            if faults:
                raise YamlFileError(f"{path}: indicators.{position} ({indicator.key}): {'; '.join(faults)}")
            indicators[indicator.key] = indicator
    return indicators


@cache
def shipped_indicators() -> Mapping[str, Indicator]:
    """The catalogue shipped with the program, read once."""
    return load_indicators()


def _faults(indicator: Indicator, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """What an entry says about its contract that is not so."""
    contract = contracts.get(indicator.contract)
    if contract is None:
        yield f"no contract {indicator.contract!r}; known are {', '.join(sorted(contracts))}"
        return
    stored = {column.name: column for column in contract.stored_columns}
    named = {*indicator.columns, *indicator.filter, *indicator.group_by}
    named |= {indicator.time.column} if indicator.time.column else set()
    for name in sorted(named - set(stored)):
        yield f"contract {contract.contract} stores no column {name!r}; it stores {', '.join(stored)}"
    if isinstance(indicator.measure, Sum | Growth | Ratio | Mean):
        yield from (f"{n} is not numeric" for n in indicator.columns if n in stored and not stored[n].is_numeric)
    yield from (
        f"{n} is personal and cannot break a figure down"
        for n in indicator.group_by if n in stored and stored[n].privacy is not Privacy.NONE
    )  # fmt: skip
    dated = stored.get(indicator.time.column or "")
    allowed = DATED if indicator.time.needs_date else DATED | {ColumnType.YEAR}
    if dated is not None and dated.type not in allowed:
        yield f"time column {dated.name} is of type {dated.type}; expected {', '.join(sorted(allowed))}"
