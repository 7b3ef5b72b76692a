"""Working days in China: weekends, public holidays and the weekend days worked in exchange (调休), from one YAML file a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pydantic import Field, model_validator

from schemas.yaml_file import Frozen, YamlFileError, read_yaml

SHIPPED_FOLDER = Path(__file__).parent / "calendar"
_DAY = timedelta(days=1)
_SATURDAY = 5


class Holiday(Frozen):
    """One holiday: its first and last day off, and the weekend days worked in exchange."""

    name: str = Field(min_length=1, description="Chinese")
    first_on: date
    last_on: date
    worked_on: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Holiday:
        if self.last_on < self.first_on:
            raise ValueError("last_on is before first_on")
        if any(day.weekday() < _SATURDAY for day in self.worked_on):
            raise ValueError("worked_on names a day that is no weekend day")
        return self

    @property
    def days(self) -> Iterator[date]:
        """Its days off."""
        return (self.first_on + count * _DAY for count in range((self.last_on - self.first_on).days + 1))


class HolidayYear(Frozen):
    """The holidays of one year as the State Council's notice has them; the first may begin in the year before."""

    year: int = Field(ge=2000, le=2099)
    notice: str = Field(description="number of the notice, or who else decided")
    holidays: tuple[Holiday, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked. Of a year without a file only the weekends are known to be off."""

    years: frozenset[int]
    off: frozenset[date]
    worked: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on the day."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)

    def last_working_day(self, day: date) -> date:
        """The day itself, or the last working day before it."""
        while not self.is_working_day(day):
            day -= _DAY
        return day

    def next_working_day(self, day: date) -> date:
        """The day itself, or the first working day after it."""
        while not self.is_working_day(day):
            day += _DAY
        return day


def load_calendar(*folders: Path) -> WorkCalendar:
    """The shipped years and those of the office's own folders, which replace a shipped year.

    Raises:
        YamlFileError: a file does not fit the model, or is not named after its year.
    """
    years: dict[int, HolidayYear] = {}
    for folder in (SHIPPED_FOLDER, *folders):
        for path in sorted(folder.glob("*.yaml")):
            read = read_yaml(path, HolidayYear)
            if path.stem != str(read.year):
                raise YamlFileError(f"{path}:1: the file holds the year {read.year}; name it {read.year}.yaml")
            years[read.year] = read
    holidays = [holiday for year in years.values() for holiday in year.holidays]
    off = frozenset(day for holiday in holidays for day in holiday.days)
    worked = frozenset(day for holiday in holidays for day in holiday.worked_on)
    return WorkCalendar(frozenset(years), off, worked)
