"""The registry: names in cells resolve exactly or are asked about, and an office's own files replace the shipped ones."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import pytest

import sources.registry
from schemas.contract import load_contracts
from schemas.errors import MisconfiguredError
from sources.partner import PartnerKind
from sources.registry import Registry, Resolution, find_contract_faults, load_registry, normalise_name

SHIPPED = Path(sources.registry.__file__).parent / "partners"


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return load_registry(SHIPPED)


def write_partner(folder: Path, code: str, name: str, rest: str = "", kind: str = "supported_school") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{code}.yaml"
    path.write_text(f"code: {code}\nname: {name}\nkind: {kind}\n{rest}", encoding="utf-8")
    return path


def test_shipped_partners_by_kind(shipped: Registry) -> None:
    kinds = Counter(partner.kind for partner in shipped.partners.values())
    assert kinds[PartnerKind.SUPPORTED_SCHOOL] == 22
    assert kinds[PartnerKind.COLLEGE] == 1
    assert kinds[PartnerKind.BRANCH] == 1


def test_no_shipped_name_is_ambiguous(shipped: Registry) -> None:
    assert {name: codes for name, codes in shipped.known_names.items() if len(codes) > 1} == {}


def test_every_written_name_finds_its_partner(shipped: Registry) -> None:
    found = {name: shipped.resolve(name) for p in shipped.partners.values() for name in p.names}
    assert found == {name: Resolution(p.code) for p in shipped.partners.values() for name in p.names}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("和田职业技术学院", "hetian"),
        ("　和田 职业技术\u00a0学院\n", "hetian"),
        ("和田职院", "hetian"),
        ("“和田职院”。", "hetian"),
        ("武威职业技术学院", "wuwei"),
        ("武威职业技术大学", "wuwei"),
        ("威县职教中心", "weixian"),
        ("天职威县分校", "weixian_branch"),
        ("天津职业大学（威县分校）", "weixian_branch"),
        ("天津职业大学(威县分校)", "weixian_branch"),
        ("石屏县职高", "shiping"),
        ("石屏职业高级中学", "shiping"),
        ("阿克苏职院", "akesu"),
        ("雄县职教中心", "xiongxian"),
        ("青海农牧科技职业学院", "qhxm"),
        ("４１６２０１３５１８", "wuwei"),
        ("天职", "tjvu"),
        ("泸西县", "luxi_county"),
        ("weixian_branch", "weixian_branch"),
    ],
)
def test_names_as_clerks_write_them(shipped: Registry, cell: str, code: str) -> None:
    assert shipped.resolve(cell) == Resolution(code)


@pytest.mark.parametrize(
    ("cell", "candidates"),
    [
        ("喀什职业学院", ("喀什职业技术学院", "武威职业学院", "和田职业技术学院")),
        ("和田职院、武威职院", ("和田职业技术学院", "武威职业学院")),
        ("威县职教", ("威县职业技术教育中心", "威县", "雄县职业技术教育中心")),
        ("清华大学", ()),
        ("", ()),
        ("——", ()),
    ],
)
def test_a_similar_name_is_suggested_never_taken(shipped: Registry, cell: str, candidates: tuple[str, ...]) -> None:
    assert shipped.resolve(cell) == Resolution(None, candidates, "unknown_partner")


@pytest.mark.parametrize(
    ("cell", "sender", "code"),
    [
        ("我校", None, "tjvu"),
        ("我校", "jwc", "tjvu"),
        ("我校", "hetian", "hetian"),
        ("本单位", "hetian", "hetian"),
        ("本单位", "jwc", "jwc"),
        ("和田职院", "wuwei", "hetian"),
    ],
)
def test_ourselves_are_the_sender(shipped: Registry, cell: str, sender: str | None, code: str) -> None:
    assert shipped.resolve(cell, sender=sender) == Resolution(code)


def test_an_alias_claimed_twice_is_ambiguous(tmp_path: Path) -> None:
    write_partner(tmp_path, "first", "东山职业学院", "aliases: [山院]\n")
    write_partner(tmp_path, "second", "西山职业学院", "aliases: [山院]\n")
    found = load_registry(tmp_path).resolve("山院")
    assert found == Resolution(None, ("东山职业学院", "西山职业学院"), "ambiguous_partner")


def test_a_shortening_two_names_share_is_ambiguous_until_someone_writes_it_down(tmp_path: Path) -> None:
    write_partner(tmp_path, "first", "东山职业学院")
    write_partner(tmp_path, "second", "东山职业技术学院")
    found = load_registry(tmp_path).resolve("东山职院")
    assert found == Resolution(None, ("东山职业学院", "东山职业技术学院"), "ambiguous_partner")
    write_partner(tmp_path, "second", "东山职业技术学院", "aliases: [东山职院]\n")
    assert load_registry(tmp_path).resolve("东山职院") == Resolution("second")


def test_an_office_replaces_and_adds_by_code(tmp_path: Path) -> None:
    theirs = write_partner(tmp_path, "hetian", "和田新职业学院", "aliases: [和职]\n")
    write_partner(tmp_path, "ours", "本市示范职业学院")
    registry = load_registry(SHIPPED, tmp_path)
    assert registry.files["hetian"] == theirs
    assert registry.resolve("和职") == Resolution("hetian")
    assert registry.resolve("和田职业技术学院").problem == "unknown_partner"
    assert registry.resolve("示范职院").problem == "unknown_partner"
    assert registry.resolve("本市示范职院") == Resolution("ours")
    assert len(registry.partners) == len(load_registry(SHIPPED).partners) + 1


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("和田职业技术学院", ""),
        ("（和田）职业技术学院", ""),
        ("另一职业学院", 'national_code: "4162013518"\n'),
        ("另一职业学院", "aliases: [和田职业技术学院]\n"),
    ],
)
def test_an_official_name_or_code_has_one_holder(tmp_path: Path, name: str, rest: str) -> None:
    path = write_partner(tmp_path, "other", name, rest)
    with pytest.raises(MisconfiguredError) as refused:
        load_registry(SHIPPED, tmp_path)
    assert str(path) in str(refused.value)
    assert str(SHIPPED) in str(refused.value)


def test_a_file_must_be_named_after_its_partner(tmp_path: Path) -> None:
    path = write_partner(tmp_path, "first", "东山职业学院")
    path.rename(tmp_path / "second.yaml")
    with pytest.raises(MisconfiguredError, match=r"holds partner 'first'; name it first\.yaml"):
        load_registry(tmp_path)


def test_a_missing_folder_and_an_overlooked_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredError, match="gone: folder of partner files not found"):
        load_registry(tmp_path / "gone")
    write_partner(tmp_path, "first", "东山职业学院").rename(tmp_path / "first.yml")
    with pytest.raises(MisconfiguredError, match=r"first\.yml: partner files end in \.yaml"):
        load_registry(tmp_path)


def test_a_registry_goes_to_a_worker_and_back(shipped: Registry) -> None:
    assert pickle.loads(pickle.dumps(shipped)) == shipped  # noqa: S301 (our own bytes)


def test_shipped_partners_speak_of_contracts_and_columns_that_exist(shipped: Registry) -> None:
    assert find_contract_faults(shipped, load_contracts()) == []


def test_faults_name_the_file_and_what_is_known(tmp_path: Path) -> None:
    rest = "inbox: folder:x\nowes: [{contract: awards, periods: [2021]}]\n"
    aliases = "header_aliases: {prize: {a_name: [甲]}, training_session: {place: [乙]}}\n"
    path = write_partner(tmp_path, "first", "东山职业学院", rest + aliases)
    contracts = {"training_session": load_contracts()["training_session"]}
    columns = ", ".join(column.name for column in contracts["training_session"].columns)
    assert find_contract_faults(load_registry(tmp_path), contracts) == [
        f"{path}: owes 'awards', which is no contract; known: training_session",
        f"{path}: header_aliases names 'prize', which is no contract; known: training_session",
        f"{path}: header_aliases: contract training_session has no column 'place'; it has {columns}",
    ]


@pytest.mark.parametrize("name", ["Ａ１（甲）", "a1甲", " A 1【甲】。", "A·1-甲"])
def test_width_case_spaces_brackets_and_marks_do_not_matter(name: str) -> None:
    assert normalise_name(name) == "a1甲"
