"""Step two: how clerks type a date, a number or a sum. Styles are taken in turn, so the same ledger always gives the same file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from examples.ledger import COUNTS, DECIMALS, MONEY, SHARES, Entry

Cell: TypeAlias = str | int | float | date | None
FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")

DATE_STYLES: Mapping[str, Callable[[date], Cell]] = {
    "real": lambda day: day,
    "iso": lambda day: day.isoformat(),
    "chinese": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "dots": lambda day: f"{day.year}.{day.month}.{day.day}",
    "slashes": lambda day: f"{day.year}/{day.month}/{day.day}",
    "digits": lambda day: f"{day:%Y%m%d}",
    "fullwidth": lambda day: f"{day.year}年{day.month}月{day.day}日".translate(FULL_WIDTH),
    "month": lambda day: f"{day.year}年{day.month}月",
    "month_dots": lambda day: f"{day.year}.{day.month:02d}",
    "month_iso": lambda day: f"{day:%Y-%m}",
}
NUMBER_STYLES: Mapping[str, Callable[[int | Decimal, str], Cell]] = {
    "plain": lambda number, _: int(number) if number == int(number) else float(number),
    "text": lambda number, _: f"{number}",
    "unit": lambda number, unit: f"{number}{unit}",
    "spaced_unit": lambda number, unit: f"{number} {unit}",
    "thousands": lambda number, _: f"{number:,}",
    "fullwidth": lambda number, _: f"{number}".translate(FULL_WIDTH),
}
SHARE_STYLES: Mapping[str, Callable[[Decimal], Cell]] = {
    "percent": lambda share: f"{share}%",
    "number": lambda share: int(share) if share == int(share) else float(share),
    "fullwidth": lambda share: f"{share}％".translate(FULL_WIDTH),
}


class Hand:
    """One clerk's hand: the styles used for dates, numbers, sums and shares, each taken in turn."""

    def __init__(
        self,
        dates: tuple[str, ...] = ("iso",),
        numbers: tuple[str, ...] = ("plain",),
        shares: tuple[str, ...] = ("percent",),
        money_unit: str = "万元",
    ) -> None:
        self._dates, self._numbers, self._shares = dates, numbers, shares
        self.is_in_yuan = money_unit == "元"

    def write(self, header: str, entry: Entry, turn: int) -> Cell:
        """The cell as typed in row `turn` (0-based) of its table."""
        value = entry.value
        if entry.typed is not None or value is None:
            return entry.typed
        if isinstance(value, date):
            return DATE_STYLES[self._dates[turn % len(self._dates)]](value)
        if header in SHARES and isinstance(value, Decimal):
            return SHARE_STYLES[self._shares[turn % len(self._shares)]](value)
        if isinstance(value, int | Decimal):
            return self._number(header, value, turn)
        return value

    def _number(self, header: str, value: int | Decimal, turn: int) -> Cell:
        style = "plain" if header == "年度" else self._numbers[turn % len(self._numbers)]
        if header in MONEY:
            value = value * 10_000 if self.is_in_yuan else value
            unit = "元" if self.is_in_yuan else "万元"
            return NUMBER_STYLES[style](_short(Decimal(value)), unit)
        return NUMBER_STYLES[style](value, COUNTS.get(header) or DECIMALS.get(header, ""))


def _short(value: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent."""
    return value.quantize(Decimal(1)) if value == value.to_integral() else value.normalize()
