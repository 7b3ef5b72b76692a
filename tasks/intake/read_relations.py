"""Intake, reading: which part of a package a workbook means by the number it gives a sheet."""

from __future__ import annotations

import posixpath
import re

_RELATION_TAG = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")


def relation_targets(relations: bytes) -> dict[str, str]:
    """Id of a relation → its target, as a part of relations (.rels) writes them."""
    return {attribute(tag, "Id"): attribute(tag, "Target") for tag in _RELATION_TAG.findall(relations)}


def attribute(tag: bytes, name: str) -> str:
    """The value of an attribute of a start tag; `name` is a pattern. Empty when it has none."""
    match = re.search(rf"""\s{name}\s*=\s*["']([^"']*)""".encode(), tag)
    return match.group(1).decode("utf-8", "replace") if match else ""


def part_name(target: str) -> str:
    """The part a target of the workbook stands for; one that climbs out of the package names no part."""
    return posixpath.normpath(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
