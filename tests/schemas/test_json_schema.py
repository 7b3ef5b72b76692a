"""The JSON Schemas editors check our YAML files by: in step with the models, named by every file, and right about them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from schemas.contract import CONTRACTS
from schemas.indicator import INDICATORS
from schemas.json_schema import JSON, MODELS, write_json_schemas
from schemas.scoring import SCHEMES

ROOM = CONTRACTS.parent
FILES = [
    *sorted(CONTRACTS.glob("*.yaml")), *sorted(INDICATORS.glob("*.yaml")), *sorted(SCHEMES.glob("*.yaml")), ROOM / "rule_texts.yaml",
]  # fmt: skip


def schema_of(path: Path) -> Path:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    return (path.parent / first.partition("=")[2]).resolve()


def validator(schema: Path) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))


def test_the_shipped_schemas_are_in_step_with_the_models(tmp_path: Path) -> None:
    written = write_json_schemas(tmp_path)
    assert [path.name for path in written] == [f"{name}.schema.json" for name in MODELS]
    for path in written:
        shipped = JSON / path.name
        assert shipped.read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), (
            "run python -m schemas.json_schema"
        )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_names_a_schema_that_accepts_it(path: Path) -> None:
    schema = schema_of(path)
    assert schema.parent == JSON
    assert [
        error.message for error in validator(schema).iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))
    ] == []


def test_the_schema_refuses_a_misspelt_key() -> None:
    contract = yaml.safe_load((CONTRACTS / "award.yaml").read_text(encoding="utf-8"))
    contract["columns"][0]["requierd"] = True
    errors = [error.message for error in validator(JSON / "contract.schema.json").iter_errors(contract)]
    assert errors == ["Additional properties are not allowed ('requierd' was unexpected)"]
