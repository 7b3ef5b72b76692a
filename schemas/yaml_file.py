"""Read a YAML file into a model and say file and line when it does not fit."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.errors import MisconfiguredError

Model = TypeVar("Model", bound=BaseModel)


class Frozen(BaseModel):
    """What our YAML is read into: it never changes, and a key nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class YamlFileError(MisconfiguredError):
    """A YAML file that cannot be used; the text names the file, the line, what was found and what is known."""


class _UniqueKeyLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Refuses a key written twice: plain YAML would silently keep the second."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is written twice", node.value[position][0].start_mark
                )
        return super().construct_mapping(node, deep=deep)  # type: ignore[no-any-return]


def read_yaml(path: Path, model: type[Model]) -> Model:
    """The file as a `model`.

    Raises:
        YamlFileError: the file is missing, is not YAML, or a key is unknown, missing or of the wrong kind.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise YamlFileError(f"{path}: cannot be read: {error}") from error
    return parse_yaml(text, model, str(path))


def read_named_yaml(path: Path, model: type[Model], key: str) -> Model:
    """The file as a `model` that is named after it: what `key` holds is the file's name, so a thing is found by its name.

    Raises:
        YamlFileError: as for `read_yaml`, or the names differ.
    """
    read = read_yaml(path, model)
    name = getattr(read, key)
    if path.stem != name:
        raise YamlFileError(f"{path}:1: the file holds {model.__name__.lower()} {name!r}; name it {name}.yaml")
    return read


def parse_yaml(text: str, model: type[Model], name: str) -> Model:
    """The YAML text as a `model`; `name` stands for the file in errors.

    Raises:
        YamlFileError: as for `read_yaml`.
    """
    loader = _UniqueKeyLoader(text)
    try:
        node = loader.get_single_node()
        data = loader.construct_document(node) if node is not None else {}
        return model.model_validate(data)
    except yaml.YAMLError as error:
        raise YamlFileError(f"{name}: {error}") from error
    except ValidationError as error:
        lines = [f"{name}:{_line_of(node, place)}: {_path_of(place)}: {said}" for place, said in _faults(error)]
        raise YamlFileError("\n".join(lines)) from error
    finally:
        loader.dispose()


def _faults(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    """Place and text of each fault. A list's own complaint is dropped when an item has one: the item's is the cause."""
    faults = [(fault["loc"], fault["msg"]) for fault in error.errors()]
    inner = {place[:depth] for place, _ in faults for depth in range(len(place))}
    return [(place, said) for place, said in faults if place not in inner]


def _path_of(location: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in location) or "(file)"


def _line_of(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    line = node.start_mark.line if node else 0
    for step in location:
        node = _child(node, step)
        if node is None:
            break
        line = node.start_mark.line
    return line + 1


def _child(node: yaml.Node | None, step: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]  # type: ignore[no-any-return]
    return None
