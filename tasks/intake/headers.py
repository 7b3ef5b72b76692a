"""Intake, recognising: the words of a header row matched to the columns of the contracts, exactly and never by likeness."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from rapidfuzz import fuzz, process

from schemas.contract import Column, Contract
from schemas.units import scaled_unit

_NOISE = re.compile(r"[\s*:：、,，.。·_\-—–/\\()\[\]{}<>《》“”\"'’‘【】〔〕|]+")
_BRACKETS = re.compile(r"[(\[【〔]([^)\]】〕]*)[)\]】〕]")
_IGNORED = frozenset({"序号", "序", "编号", "行号", "no", "序列", "备注", "备考", "附注", "说明", "填表人", "审核人"})
_SIMILAR = 60.0
_SUGGESTIONS = 2
_DOUBLED = 3


@lru_cache(maxsize=8192)
def header_key(text: str) -> str:
    """The header without what clerks vary: width, case, spaces, line breaks, brackets and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


@lru_cache(maxsize=8192)
def short_key(text: str) -> str:
    """The key without anything in brackets: （万元）, （必填）, （公章）."""
    return header_key(_BRACKETS.sub("", unicodedata.normalize("NFKC", text)))


def header_unit(text: str) -> str | None:
    """The unit written in a header's brackets, or None: 使用面积（㎡） → 平方米, 服务人次（万人次） → 万人次."""
    for inside in _BRACKETS.findall(unicodedata.normalize("NFKC", text)):
        unit = scaled_unit(re.sub(r"^单位:?|\s", "", inside))
        if unit:
            return unit
    return None


@dataclass(frozen=True, slots=True)
class Match:
    """One source column claimed by a contract column: position from 1, header as written, unit found in its head."""

    position: int
    header: str
    unit: str | None
    rank: int


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """How one contract reads a header: its columns, the headers nobody claims, and those approved to be left out."""

    columns: Mapping[str, Match]
    unknown: tuple[tuple[int, str], ...]
    left_out: tuple[tuple[int, str], ...]
    header_count: int
    doubled_count: int = 0

    @property
    def is_doubled(self) -> bool:
        """Whether so many columns are claimed twice that two tables must stand side by side without a gap."""
        return self.doubled_count >= _DOUBLED and 2 * self.doubled_count >= len(self.columns)


@dataclass(frozen=True, slots=True, eq=False)
class ContractHeaders:
    """One contract as header matching sees it: key → (column, rank); a lower rank is a better claim.

    `approved` holds an operator's answers for one partner: header key → column, or None for a header left out in silence.
    They go before everything the contract says.
    """

    contract: Contract
    keys: Mapping[str, tuple[str, int]]
    titles: tuple[str, ...]
    required: frozenset[str]
    approved: Mapping[str, str | None] = field(default_factory=dict)

    @lru_cache(maxsize=2048)  # noqa: B019 - a handful of these live as long as the process; headers recur file after file
    def match(self, stacks: tuple[tuple[str, ...], ...]) -> HeaderMatch:
        """Claim the columns of a header; where two headers claim one column, the better claim wins.

        Args:
            stacks: for each source column the texts of its head from the top group down; () where it has none.
        """
        best: dict[str, Match] = {}
        lost: list[tuple[int, str]] = []
        left_out: list[tuple[int, str]] = []
        doubled = 0
        for position, stack in enumerate(stacks, 1):
            key = self._approved_key(stack)
            if key is not None and self.approved[key] is None:
                left_out.append((position, written(stack)))
                continue
            claim = self._approved_claim(position, stack, key) if key else self._claim(position, stack)
            if claim is None:
                lost += [] if not stack or _is_ignored(stack, self.keys) else [(position, written(stack))]
                continue
            held = best.get(claim[0])
            if held is None or claim[1].rank < held.rank:
                best[claim[0]] = claim[1]
            worse = held if best[claim[0]] is claim[1] else claim[1]
            lost += [(worse.position, worse.header)] if worse else []
            # The same words again, not merely another word for the same column.
            doubled += held is not None and header_key(held.header) == header_key(claim[1].header)
        return HeaderMatch(best, tuple(sorted(lost)), tuple(left_out), len(best) + len(lost), doubled)

    def approving(self, approved: Mapping[str, str | None]) -> ContractHeaders:
        """The same index under an operator's answers; those that name a column the contract no longer has are asked again."""
        known = {column.name for column in self.contract.columns}
        kept = {key: column for key, column in approved.items() if column is None or column in known}
        return replace(self, approved=kept) if kept else self

    def _approved_key(self, stack: tuple[str, ...]) -> str | None:
        if not self.approved or not stack:
            return None
        return next((key for key in map(header_key, (written(stack), stack[-1])) if key in self.approved), None)

    def _approved_claim(self, position: int, stack: tuple[str, ...], key: str) -> tuple[str, Match] | None:
        name = self.approved[key]
        return (name, _match(position, stack, -1)) if name else None

    def _claim(self, position: int, stack: tuple[str, ...]) -> tuple[str, Match] | None:
        if not stack or _is_ignored(stack, self.keys):
            return None
        for penalty, text in enumerate(_readings(stack)):
            for extra, key in ((0, header_key(text)), (2, short_key(text))):
                found = self.keys.get(key)
                if found:
                    return found[0], _match(position, stack, found[1] + extra + 10 * penalty)
        return None

    def nearest(self, header: str, among: Iterable[str]) -> tuple[str, ...]:
        """The canonical headers of the columns `among` that look most like an unknown header."""
        choices = [self.contract.column(name).header for name in among]
        found = process.extract(header, choices, scorer=fuzz.ratio, score_cutoff=_SIMILAR, limit=_SUGGESTIONS)
        return tuple(text for text, _, _ in found)


def build_headers(contract: Contract, aliases: Mapping[str, Sequence[str]] | None = None) -> ContractHeaders:
    """The header index of one contract, with a partner's own words for its columns when it has some."""
    keys: dict[str, tuple[str, int]] = {}
    for name, text, rank in _known_headers(contract, aliases or {}):
        for extra, key in ((0, header_key(text)), (1, short_key(text))):
            if key and (key not in keys or keys[key][1] > rank + extra):
                keys[key] = (name, rank + extra)
    titles = tuple(
        sorted({header_key(text) for text in (contract.title, *contract.title_synonyms)}, key=len, reverse=True)
    )
    required = frozenset(column.name for column in contract.columns if column.required)
    return ContractHeaders(contract, keys, titles, required)


@lru_cache(maxsize=64)
def every_key(known: tuple[ContractHeaders, ...]) -> frozenset[str]:
    """The keys of all headers of several contracts."""
    return frozenset[str]().union(*(headers.keys for headers in known))


def written(stack: Sequence[str]) -> str:
    """The header as a clerk would point at it: group and sub-head, without line breaks."""
    return "/".join(" ".join(text.split()) for text in stack)


def _match(position: int, stack: tuple[str, ...], rank: int) -> Match:
    unit = next(filter(None, map(header_unit, reversed(stack))), None)
    return Match(position, written(stack), unit, rank)


def _known_headers(contract: Contract, aliases: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, int]]:
    for column in contract.columns:
        yield column.name, column.header, 0
        yield from ((column.name, text, 2) for text in _others(column, aliases))


def _others(column: Column, aliases: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield from column.synonyms
    yield from aliases.get(column.name, ())


def _readings(stack: tuple[str, ...]) -> Iterator[str]:
    """The ways a stacked head may be meant, most specific first: 金额 over 预算 is 预算金额, 金额预算 or 预算."""
    if len(stack) > 1:
        bare = [_BRACKETS.sub("", unicodedata.normalize("NFKC", text)) for text in stack]
        yield "".join(bare[1:]) + bare[0]
        yield "".join(bare)
    yield stack[-1]


def _is_ignored(stack: tuple[str, ...], keys: Mapping[str, tuple[str, int]]) -> bool:
    key = short_key(stack[-1]).rstrip("0123456789")
    return (key in _IGNORED or not key) and key not in keys
