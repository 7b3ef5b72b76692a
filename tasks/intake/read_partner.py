"""Intake, recognising: the partners named over a table: whether it lies in the right inbox, and whose its rows are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.contract import Column, ColumnType, Contract
from schemas.values import Finding, Place
from sources.partner import Partner, PartnerKind
from sources.registry import Registry, normalise_name
from tasks.intake.read_findings import file_finding

_FILER = re.compile(
    r"(?P<label>(?:填报|填表|报送|上报|申报)?(?:单位|部门|学校)(?:名称|全称)?)\s*"
    r"(?P<seal>[（(][^（()）]*章[^（()）]*[)）])?\s*[:：]\s*(?P<name>[^:：]*)"
)
_NEXT_LABEL = re.compile(r"\s{2,}|填[表报]|制表|报送|日期|时间|联系|年度|[,，;；。]")
_CLAIMS = re.compile(r"填|报|章")
_OURS = frozenset({PartnerKind.DEPARTMENT, PartnerKind.COLLEGE, PartnerKind.BRANCH})
_SUBJECTS = frozenset({PartnerKind.SUPPORTED_SCHOOL, PartnerKind.REGION, PartnerKind.BRANCH, PartnerKind.ORGANISATION})
_SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """The one partner all rows of a table belong to: its code, and where and how it is named."""

    code: str
    name: str
    where: str


def find_wrong_sender(
    registry: Registry, sender: str, titles: Sequence[str], names: Sequence[str], place: Place
) -> Finding | None:
    """A finding when a table says that it is another partner's than the one it came from.

    A line 单位名称 speaks of the filer: it must be the sender, or one that never sends (the college over a department's
    ledger). Over a department's table a line without 填报 or 公章 may name the school the table is about. Titles, sheet and
    file names speak only where a school sends: they must not name other schools and leave out the sender.

    Args:
        registry: the partners.
        sender: code of the partner the file came from; nothing is found when it is not registered.
        titles: texts over the table.
        names: sheet name and file name.
        place: where the table stands.
    """
    partner = registry.partners.get(sender)
    if partner is None:
        return None
    other = _other_filer(registry, partner, titles) or _other_in_titles(registry, partner, (*titles, *names))
    if other is None:
        return None
    named = registry.partners[other].name
    return file_finding("partner.contradicted", place, found=named, named=named, sender=partner.name)


def find_subject(
    registry: Registry, contract: Contract, titles: Sequence[str], sheet: str | None, place: Place
) -> tuple[Column, Subject] | Finding | None:
    """The partner named by title or sheet that stands for a partner column the table lacks; None when nobody is named.

    Only schools, regions, branches and organisations can be meant; a school named together with its region is the one meant.
    """
    columns = [column for column in contract.columns if column.type is ColumnType.PARTNER and column.required]
    if len(columns) != 1:
        return None
    for where, texts in (("标题", list(titles)), ("工作表名", [sheet or ""])):
        named = _subjects(registry, texts)
        if len(named) > 1:
            candidates = "、".join(registry.partners[code].name for code in named)
            header = columns[0].header
            return file_finding("partner.ambiguous", place, found=candidates, header=header, candidates=candidates)
        for code, name in named.items():
            return columns[0], Subject(code, name, where)
    return None


def _other_filer(registry: Registry, sender: Partner, titles: Sequence[str]) -> str | None:
    for is_claim, name in _filers(titles):
        code = registry.resolve(name, sender.code).code if name else None
        if code is None or code == sender.code:
            continue
        other = registry.partners[code]
        is_about = not is_claim and sender.kind in _OURS and other.kind not in _OURS
        if not is_about and (other.kind is sender.kind or other.inbox is not None):
            return code
    return None


def _filers(titles: Sequence[str]) -> Iterator[tuple[bool, str]]:
    """Whether the line claims to name who files, and the name after the colon, or in the next cell when nothing follows."""
    for number, text in enumerate(titles):
        for found in _FILER.finditer(text):
            after = found["name"].strip() or (titles[number + 1] if number + 1 < len(titles) else "")
            name = _NEXT_LABEL.split(after.strip(), maxsplit=1)[0].strip()
            yield _CLAIMS.search(found["label"] + (found["seal"] or "")) is not None, name


def _other_in_titles(registry: Registry, sender: Partner, texts: Iterable[str]) -> str | None:
    if sender.kind in _OURS:
        return None
    named = {code: None for text in texts for codes, _ in _named(registry, text) for code in codes}
    if sender.code in named:
        return None
    return next((code for code in named if registry.partners[code].kind is sender.kind), None)


def _subjects(registry: Registry, texts: Iterable[str]) -> dict[str, str]:
    """Code → name as written of the partners that rows can belong to; schools before the regions named with them."""
    found = {code: name for text in texts for codes, name in _in_text(registry, text) for code in codes}
    found = {code: name for code, name in found.items() if registry.partners[code].kind in _SUBJECTS}
    schools = {code: name for code, name in found.items() if registry.partners[code].kind is not PartnerKind.REGION}
    return schools or found


def _in_text(registry: Registry, text: str) -> list[tuple[tuple[str, ...], str]]:
    whole = registry.resolve(text).code if text.strip() else None
    return [((whole,), text.strip())] if whole else _named(registry, text)


def _named(registry: Registry, text: str) -> list[tuple[tuple[str, ...], str]]:
    """The partners a text names, in its order; a name within a longer one does not count: 石屏县职业高级中学 is not also 石屏县."""
    whole = rest = normalise_name(text)
    found: list[str] = []
    there = [name for name in registry.known_names if name in whole and len(name) >= _SHORTEST_NAME]
    for name in sorted(there, key=len, reverse=True):
        if name in rest and not name.isascii():
            found.append(name)
            rest = rest.replace(name, "|")
    return [(registry.known_names[name], name) for name in sorted(found, key=whole.index)]
