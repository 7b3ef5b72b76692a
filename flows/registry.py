"""The partners an office knows: the shipped examples, unless switched off, and its own files."""

from __future__ import annotations

from pathlib import Path

from flows.settings import Settings
from schemas.errors import MisconfiguredError
from sources.registry import Registry, load_registry

SHIPPED_PARTNERS = Path(__file__).parent.parent / "sources" / "partners"


def registry_of(settings: Settings) -> Registry:
    """The partners of an office: the shipped examples, unless switched off, and its own.

    Raises:
        MisconfiguredError: a partner file is wrong, or there are no partners at all.
    """
    folders = [SHIPPED_PARTNERS] if settings.use_example_partners else []
    if settings.partners_folder:
        folders.append(settings.partners_folder)
    if not folders:
        raise MisconfiguredError(
            "no partners: set DOUBLEHIGH_PARTNERS_FOLDER to the folder of your partner files, or use the example partners"
        )
    return load_registry(*folders)
