"""All partners of an office, and the name in a cell resolved to one of them: exactly, after normalisation, or not at all."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process

from schemas.contract import Contract
from schemas.errors import MisconfiguredError
from schemas.yaml_file import read_named_yaml
from sources.partner import Partner, PartnerKind

NEAREST = 3
SIMILAR_ENOUGH = 50.0
"""Below this likeness (0-100) a registered name is no help as a suggestion."""

OURSELVES = frozenset({"我校", "本校", "我院", "本院", "我单位", "本单位"})
SHORTENED = {
    "职业技术学院": ("职院",),
    "职业学院": ("职院",),
    "职业技术大学": ("职大",),
    "职业大学": ("职大",),
    "职业技术教育中心": ("职教中心",),
    "职业教育中心": ("职教中心",),
    "职业高级中学": ("职高", "职中", "职业高中"),
    "中等职业技术学校": ("职校", "职业技术学校"),
    "职业中等专业学校": ("职专", "职业中专"),
    "高等专科学校": ("高专",),
}
"""How clerks shorten the end of an official name. Only full → short: a wrong full name is asked about, never guessed."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name in a cell means: a partner's code, or the problem and the official names it may stand for."""

    code: str | None
    candidates: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """Every partner by code, the file each was read from, and the names they are known by (normalised name → codes)."""

    partners: Mapping[str, Partner]
    files: Mapping[str, Path]
    known_names: Mapping[str, tuple[str, ...]]

    def resolve(self, name: str, sender: str | None = None) -> Resolution:
        """The partner that `name` stands for; never a merely similar one.

        Args:
            name: a cell as written; width, spaces, brackets and punctuation do not matter.
            sender: code of the partner whose file it stands in, so that 我校 and 本单位 can mean the sender.

        Returns:
            The code, or problem `unknown_partner` (candidates: up to three nearest official names) or
            `ambiguous_partner` (candidates: the official names it may stand for).
        """
        key = normalise_name(name)
        if sender is not None and sender in self.partners and self._means_sender(key, self.partners[sender]):
            return Resolution(sender)
        codes = self.known_names.get(key, ())
        if len(codes) == 1:
            return Resolution(codes[0])
        if codes:
            return Resolution(None, self._official_names(codes), "ambiguous_partner")
        return Resolution(None, self._nearest_names(key), "unknown_partner")

    def _means_sender(self, key: str, sender: Partner) -> bool:
        # A department that writes 我校 means the college, which has the word among its aliases.
        ours = sender.kind in (PartnerKind.DEPARTMENT, PartnerKind.COLLEGE)
        return key in OURSELVES and not (ours and key in self.known_names)

    def _official_names(self, codes: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.partners[code].name for code in codes))

    def _nearest_names(self, key: str) -> tuple[str, ...]:
        if not key:
            return ()
        matches = process.extract(key, list(self.known_names), scorer=fuzz.ratio, score_cutoff=SIMILAR_ENOUGH, limit=12)
        codes = (code for known, _, _ in matches for code in self.known_names[known])
        return self._official_names(codes)[:NEAREST]


def load_registry(*folders: Path) -> Registry:
    """The partners of all folders; a file in a later folder replaces the one of the same code in an earlier folder.

    An official name, code or national code belongs to one partner only. An alias claimed by two partners is ambiguous, and
    a cell that holds it is asked about.

    Raises:
        MisconfiguredError: a folder is missing, a file does not fit (file and line are named), or two partners share an
            official name or code.
    """
    partners: dict[str, Partner] = {}
    files: dict[str, Path] = {}
    for folder in folders:
        for path in _partner_files(folder):
            partner = read_named_yaml(path, Partner, "code")
            partners[partner.code], files[partner.code] = partner, path
    partners = dict(sorted(partners.items()))
    return Registry(partners, files, _known_names(partners, files))


def find_contract_faults(registry: Registry, contracts: Mapping[str, Contract]) -> list[str]:
    """One line for each contract or column a partner file names that does not exist: the file first, then the known ones."""
    return [
        f"{registry.files[partner.code]}: {fault}"
        for partner in registry.partners.values()
        for fault in (*_owes_faults(partner, contracts), *_header_faults(partner, contracts))
    ]


def normalise_name(name: str) -> str:
    """The name without what clerks vary: width and case folded, every space, bracket and punctuation mark dropped."""
    return "".join(char for char in unicodedata.normalize("NFKC", name).casefold() if char.isalnum())


def _partner_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise MisconfiguredError(f"{folder}: folder of partner files not found")
    misnamed = sorted(folder.glob("*.yml"))
    if misnamed:
        raise MisconfiguredError(
            f"{misnamed[0]}: partner files end in .yaml, so this one would be overlooked; rename it"
        )
    return sorted(folder.glob("*.yaml"))


def _known_names(partners: Mapping[str, Partner], files: Mapping[str, Path]) -> dict[str, tuple[str, ...]]:
    """Normalised name → codes. An official name outranks an alias, an alias outranks a shortening nobody wrote down."""
    official = _official_keys(partners, files)
    aliases = _gather((key, p.code) for p in partners.values() for key in map(normalise_name, p.aliases))
    for key in aliases:
        others = [code for code in aliases[key] if code != official.get(key, code)]
        if others:
            raise MisconfiguredError(
                f"{files[others[0]]}: alias {key} is the official name or code of {files[official[key]]}; remove the alias"
            )
    short = _gather((key, p.code) for p in partners.values() for key in _shortenings(p.name))
    return short | aliases | {key: (code,) for key, code in official.items()}


def _official_keys(partners: Mapping[str, Partner], files: Mapping[str, Path]) -> dict[str, str]:
    keys: dict[str, str] = {}
    for partner in partners.values():
        for text in filter(None, (partner.name, partner.code, partner.national_code)):
            holder = keys.setdefault(normalise_name(text), partner.code)
            if holder != partner.code:
                raise MisconfiguredError(
                    f"{files[partner.code]}: {text} already belongs to {files[holder]}; "
                    "a name or code has one holder (give the file the same code to replace the other)"
                )
    return keys


def _gather(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    gathered: dict[str, dict[str, None]] = {}
    for key, code in pairs:
        gathered.setdefault(key, {})[code] = None
    return {key: tuple(codes) for key, codes in gathered.items()}


def _shortenings(name: str) -> Iterator[str]:
    """石屏县职业高级中学 → 石屏县职高, 石屏县职中, …, and the same without 县 where a two-character place remains."""
    full = normalise_name(name)
    for suffix, shorts in SHORTENED.items():
        stem = full.removesuffix(suffix)
        if stem != full:
            stems = (stem, stem[:-1]) if len(stem) > 2 and stem[-1] in "县区市" else (stem,)
            yield from (place + end for place in stems for end in (suffix, *shorts))
            return


def _owes_faults(partner: Partner, contracts: Mapping[str, Contract]) -> Iterator[str]:
    for obligation in partner.owes:
        if obligation.contract not in contracts:
            yield f"owes {obligation.contract!r}, which is no contract; known: {', '.join(contracts)}"


def _header_faults(partner: Partner, contracts: Mapping[str, Contract]) -> Iterator[str]:
    for name, columns in partner.header_aliases.items():
        if name not in contracts:
            yield f"header_aliases names {name!r}, which is no contract; known: {', '.join(contracts)}"
            continue
        known = [column.name for column in contracts[name].columns]
        for column in columns:
            if column not in known:
                yield f"header_aliases: contract {name} has no column {column!r}; it has {', '.join(known)}"
