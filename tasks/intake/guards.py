"""Intake, before loading: what holds a file back until a person has spoken: far fewer rows, and times that do not tell the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from schemas.values import Conformed, Delivery

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Caution:
    """How careful loading is.

    Attributes:
        shrink_share: a successor with less than this share of the rows in force is held,
        shrink_rows: if it also has at least that many rows fewer.
        order_within: two files changed within this time of one another do not tell which is newer: copying sets such times.
    """

    shrink_share: float = 0.5
    shrink_rows: int = 10
    order_within: timedelta = timedelta(hours=1)

    def is_shrunken(self, rows: int, rows_before: int) -> bool:
        """Whether `rows` are far fewer than `rows_before`."""
        return rows < self.shrink_share * rows_before and rows_before - rows >= self.shrink_rows


Candidate = tuple[Conformed, Delivery]


def find_rivals(candidates: Sequence[Candidate], caution: Caution) -> list[int]:
    """Positions of the candidates for one slot of which nobody can say by their times which is the newest; else empty.

    Older ones by a clear margin are no rivals, nor are files that hold the same rows.
    """
    distinct = _distinct(candidates)
    if len(distinct) < 2:
        return []
    newest = max(_changed_at(candidates[position]) for position in distinct)
    rivals = [p for p in distinct if _is_unclear(candidates[p], newest, caution)]
    return rivals if len(rivals) > 1 else []


def is_out_of_order(modified_at: datetime | None, current: datetime | None, address_is_new: bool) -> bool:
    """Whether a file came after the one in force, in the same place, and yet was changed before it."""
    return not address_is_new and modified_at is not None and current is not None and modified_at < current


def _distinct(candidates: Sequence[Candidate]) -> list[int]:
    """The last changed of each content: bytes may differ where a program only saved the same rows again."""
    kept: list[int] = []
    for position in sorted(range(len(candidates)), key=lambda p: _changed_at(candidates[p]), reverse=True):
        if not any(_is_same(candidates[position], candidates[other]) for other in kept):
            kept.append(position)
    return sorted(kept)


def _is_same(one: Candidate, other: Candidate) -> bool:
    if one[1].sha256 == other[1].sha256:
        return True
    return len(one[0]) == len(other[0]) and all(
        [cell.value for cell in one[0].columns[name]] == [cell.value for cell in other[0].columns[name]]
        for name in one[0].columns
    )


def _is_unclear(candidate: Candidate, newest: datetime, caution: Caution) -> bool:
    return candidate[1].modified_at is None or newest - _changed_at(candidate) < caution.order_within


def _changed_at(candidate: Candidate) -> datetime:
    return candidate[1].modified_at or _LONG_AGO
