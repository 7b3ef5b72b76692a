"""Intake, recognising: where the header of a sheet stands and which contract it belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.personal import mask_personal_numbers
from schemas.values import SheetLayout
from tasks.intake.grid import Cell, Grid
from tasks.intake.headers import ContractHeaders, HeaderMatch, every_key, header_key, short_key

_SEARCHED_ROWS = 30
_DEEPEST_HEADER = 3
_ENOUGH_REQUIRED = 0.7
_ENOUGH_WITH_TITLE = 0.3
_CLEARLY_BETTER = 0.1
_TITLE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read a sheet: rows `first`-`last` (from 1) as the header of a contract."""

    headers: ContractHeaders
    match: HeaderMatch
    first: int
    last: int
    has_title: bool
    score: float

    @property
    def required_share(self) -> float:
        """Share of the contract's required columns the header has."""
        required = self.headers.required
        return len(required & self.match.columns.keys()) / max(1, len(required))

    @property
    def is_enough(self) -> bool:
        """Whether the header alone, or the header and the title together, say what the table is."""
        return self.is_enough_alone or (
            self.has_title and len(self.match.columns) >= 2 and self.required_share >= _ENOUGH_WITH_TITLE
        )

    @property
    def is_enough_alone(self) -> bool:
        """Whether the header says what the table is without its title."""
        return len(self.match.columns) >= 2 and self.required_share >= _ENOUGH_REQUIRED

    @property
    def missing(self) -> tuple[str, ...]:
        """Contract columns the table does not have, in the contract's order."""
        return tuple(c.name for c in self.headers.contract.columns if c.name not in self.match.columns)


@dataclass(frozen=True, slots=True)
class Recognised:
    """The best reading of a sheet, or None and the contracts it might have been."""

    best: Candidate | None
    nearest: tuple[Candidate, ...]


def recognise_layout(grid: Grid, known: Mapping[str, ContractHeaders], context: str) -> Recognised:
    """Find the header row(s) of a sheet and the one contract that fits it clearly best.

    Args:
        grid: the sheet.
        known: the header index of every contract.
        context: key of the file's and sheet's names, which may hold a title.
    """
    return _best_of(_candidates(grid, known, context))


def recognise_header(
    grid: Grid, row: int, known: Mapping[str, ContractHeaders], title: str, context: str
) -> Recognised:
    """The one contract that a header beginning in row `row` fits clearly best.

    Args:
        grid: the sheet.
        row: a row, from 1, that holds words of headers.
        known: the header index of every contract.
        title: keys of the texts over the header.
        context: key of the file's and sheet's names, which may hold a title.
    """
    found: list[Candidate] = []
    for stacks, last in _header_blocks(grid, row):
        found += _scored(known, stacks, (row, last), title, context)
    return _best_of(found)


def _best_of(candidates: Iterable[Candidate]) -> Recognised:
    per_contract: dict[str, Candidate] = {}
    for candidate in candidates:
        name = candidate.headers.contract.contract
        held = per_contract.get(name)
        if held is None or candidate.score > held.score:
            per_contract[name] = candidate
    ranked = tuple(sorted(per_contract.values(), key=lambda candidate: -candidate.score))
    enough = [candidate for candidate in ranked if candidate.is_enough]
    if not enough or (len(enough) > 1 and enough[0].score - enough[1].score < _CLEARLY_BETTER):
        return Recognised(None, ranked[:3])
    return Recognised(enough[0], ranked[:3])


def sheet_layout(grid: Grid, candidate: Candidate, columns: Mapping[str, tuple[int, str]]) -> SheetLayout:
    """The layout as it is remembered: `columns` are those the table was finally read by."""
    headers = {*columns.values(), *candidate.match.unknown, *candidate.match.left_out}
    shape = [f"{position}:{header_key(header)}" for position, header in sorted(headers)]
    words = "|".join([candidate.headers.contract.contract, str(candidate.last - candidate.first), *shape])
    return SheetLayout(
        sheet=grid.sheet,
        header_first_row=candidate.first,
        header_last_row=candidate.last,
        columns=columns,
        unknown=tuple(mask_personal_numbers(" ".join(header.split())) for _, header in candidate.match.unknown),
        missing=tuple(name for name in candidate.missing if name not in columns),
        fingerprint=hashlib.sha256(words.encode()).hexdigest()[:16],
    )


def text_rows_above(grid: Grid, row: int) -> list[str]:
    """The texts above a header row, in reading order."""
    return [cell for cells in grid.rows[: row - 1] for cell in cells if isinstance(cell, str) and cell.strip()]


def _candidates(grid: Grid, known: Mapping[str, ContractHeaders], context: str) -> list[Candidate]:
    keys = every_key(tuple(known.values()))
    found: list[Candidate] = []
    for first in range(1, min(_SEARCHED_ROWS, len(grid.rows)) + 1):
        # The row below a header may be the better one; what comes later is another table.
        if any(candidate.is_enough and candidate.first < first - 1 for candidate in found):
            break
        if _known_count(grid.rows[first - 1], keys) < 1:
            continue
        title = "|".join(map(header_key, text_rows_above(grid, first)))
        for stacks, last in _header_blocks(grid, first):
            found += _scored(known, stacks, (first, last), title, context)
    return found


def _known_count(row: Sequence[Cell], keys: frozenset[str]) -> int:
    texts = [cell for cell in row if isinstance(cell, str) and cell]
    return sum(header_key(text) in keys or short_key(text) in keys for text in texts)


def _scored(
    known: Mapping[str, ContractHeaders],
    stacks: Sequence[tuple[str, ...]],
    rows: tuple[int, int],
    title: str,
    context: str,
) -> list[Candidate]:
    found = []
    for headers in known.values():
        match = headers.match(stacks)
        if not match.columns:
            continue
        required = len(headers.required & match.columns.keys()) / max(1, len(headers.required))
        claimed = len(match.columns) / max(1, match.header_count)
        bonus = _title_bonus(headers, title) or _title_bonus(headers, context) / 2
        # A deeper header must earn its depth; a tie goes to the fewer rows.
        score = required + 0.3 * claimed + 0.01 * len(match.columns) + bonus - 0.005 * (rows[1] - rows[0])
        found.append(Candidate(headers, match, *rows, has_title=bonus > 0, score=score))
    return found


def title_in(headers: ContractHeaders, text: str) -> str:
    """The longest title of the contract that stands in a text's key; empty when none does."""
    return next((title for title in headers.titles if title in text), "")


def _title_bonus(headers: ContractHeaders, text: str) -> float:
    # The longer of two titles that both stand in a text is the one meant: 师资培训台账 holds 培训台账.
    longest = title_in(headers, text)
    return _TITLE_WEIGHT + len(longest) / 100 if longest else 0.0


def _header_blocks(grid: Grid, first: int) -> list[tuple[tuple[tuple[str, ...], ...], int]]:
    blocks = []
    for last in range(first, min(first + _DEEPEST_HEADER, len(grid.rows) + 1)):
        rows = grid.rows[first - 1 : last]
        if last > first and not _is_all_text(rows[-1]):
            break
        blocks.append((_stacks(rows), last))
    return blocks


def _is_all_text(row: Sequence[Cell]) -> bool:
    texts = [cell for cell in row if cell != ""]
    return bool(texts) and all(isinstance(cell, str) and not cell.strip().replace(".", "").isdigit() for cell in texts)


def _stacks(rows: Sequence[Sequence[Cell]]) -> tuple[tuple[str, ...], ...]:
    """The head of every column from the top down; a group head reaches right over the blanks that have a sub-head."""
    stacks: list[tuple[str, ...]] = []
    carried = [""] * len(rows)
    for cells in zip(*rows, strict=True):
        texts = [str(cell).strip() for cell in cells]
        for depth, text in enumerate(texts):
            if text:
                carried[depth] = text
                carried[depth + 1 :] = [""] * (len(rows) - depth - 1)
            elif any(texts[depth + 1 :]):
                texts[depth] = carried[depth]
        stacks.append(tuple(text for text in texts if text))
    return tuple(stacks)
