"""Intake, before loading: what a judged submission is to its slot — new, unchanged, a return, refused, or too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.values import SubmissionState
from warehouse.store.submissions import Version
from warehouse.tables import Reason


@dataclass(frozen=True, slots=True)
class Arrival:
    """A judged submission as identity sees it: its bytes, the receipt of them, and the state judgement gave it."""

    delivery_sha256: str
    sighting_id: int
    modified_at: datetime | None
    address_is_new: bool
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with an arrival.

    Attributes:
        reason: why a submission is recorded, or None: nothing is.
        predecessor: the version in force now, which an accepted arrival takes the place of.
        withdrawn: refused attempts that are closed because their sender went back to the version in force.
    """

    reason: Reason | None
    predecessor: Version | None
    withdrawn: tuple[int, ...] = ()

    @property
    def predecessor_state(self) -> SubmissionState:
        """What the predecessor becomes when the arrival takes its place."""
        return SubmissionState.REVERTED if self.reason is Reason.RETURN else SubmissionState.SUPERSEDED


def decide(history: Sequence[Version], arrival: Arrival) -> Step:
    """The step an arrival calls for, given its slot's versions, oldest first (HOUSE.md, Identity)."""
    current = next((version for version in history if version.is_in_force), None)
    if current and current.delivery_sha256 == arrival.delivery_sha256:
        return Step(None, current, _withdrawn(history, current, arrival))
    if any(_is_repeat(version, arrival) for version in history) or _is_refused_again(history, arrival):
        return Step(None, current)
    if current and _is_late(current, arrival):
        return Step(Reason.LATE, current)
    return Step(_reason(history, arrival), current)


def _withdrawn(history: Sequence[Version], current: Version, arrival: Arrival) -> tuple[int, ...]:
    """Attempts refused after `current` came into force and before its bytes were sent again."""
    return tuple(
        version.submission_id
        for version in history
        if version.state is SubmissionState.REFUSED
        and version.sequence > current.sequence
        and version.sighting_id < arrival.sighting_id
    )


def _is_repeat(version: Version, arrival: Arrival) -> bool:
    """The very receipt has been loaded: a night run again. Only a refusal that has since turned into acceptance counts anew."""
    mended = version.state is SubmissionState.REFUSED and arrival.is_accepted
    return version.sighting_id == arrival.sighting_id and not mended


def _is_refused_again(history: Sequence[Version], arrival: Arrival) -> bool:
    """The bytes refused last time, sent again (under another name, say), and refused again: nothing new to tell."""
    if not history or arrival.is_accepted:
        return False
    return history[-1].state is SubmissionState.REFUSED and history[-1].delivery_sha256 == arrival.delivery_sha256


def _is_late(current: Version, arrival: Arrival) -> bool:
    """An older file that turns up at an address not seen before (a copy in an archive folder) must not win over a newer one."""
    if not arrival.address_is_new or arrival.modified_at is None or current.modified_at is None:
        return False
    return arrival.modified_at < current.modified_at


def _reason(history: Sequence[Version], arrival: Arrival) -> Reason:
    if not history:
        return Reason.FIRST
    was_accepted = any(v.was_in_force and v.delivery_sha256 == arrival.delivery_sha256 for v in history)
    return Reason.RETURN if was_accepted and arrival.is_accepted else Reason.RESUBMISSION
