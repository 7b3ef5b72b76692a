"""Intake, before loading: what a judged submission is to its slot — new, unchanged, a return, refused, or too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.values import SubmissionState
from warehouse.store.submissions import Version
from warehouse.tables import Reason

_ATTEMPTS = frozenset({SubmissionState.REFUSED, SubmissionState.RECEIVED})
"""What never counted and may still be mended or decided."""


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
        withdrawn: attempts that never counted and are closed: their sender went back to the version in force, somebody
            decided against them, or they come into force under a new verdict.
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
        # Refused by now, it answers for no refusal: it is in force until something better comes.
        return Step(None, current, _withdrawn(history, current, arrival) if arrival.is_accepted else ())
    if any(_is_repeat(version, arrival) for version in history) or _is_known_attempt(history, arrival):
        return Step(None, current)
    if current and _is_late(current, arrival):
        return Step(Reason.LATE, current)
    return Step(_reason(history, arrival), current, _awaiting(history) if arrival.is_accepted else ())


def decide_again(history: Sequence[Version], arrival: Arrival) -> Step:
    """The step a delivery read once more calls for: it takes the place of what was made of it before.

    Nothing when something newer stands in its slot. A slot it was not known to hold is filled like any other, unless the
    version there came later.
    """
    current = next((version for version in history if version.is_in_force), None)
    before = before_of(history, arrival.delivery_sha256)
    if before is None:
        return Step(Reason.LATE if current and _came_before(arrival, current) else Reason.REPLAY, current)
    if before.is_in_force:
        return Step(Reason.REPLAY, current)
    if before.state not in _ATTEMPTS or (current and current.sequence > before.sequence):
        return Step(None, current)
    return Step(Reason.REPLAY, current, _open_attempts(history) if arrival.is_accepted else (before.submission_id,))


def set_aside(history: Sequence[Version], arrival: Arrival) -> Step:
    """The step for bytes somebody has decided against: they are closed, and what is in force stays."""
    current = next((version for version in history if version.is_in_force), None)
    return Step(None, current, tuple(
        v.submission_id for v in history
        if v.delivery_sha256 == arrival.delivery_sha256 and v.state is SubmissionState.RECEIVED
    ))  # fmt: skip


def before_of(history: Sequence[Version], delivery_sha256: str) -> Version | None:
    """What was last made of these bytes in that slot."""
    return next((version for version in reversed(history) if version.delivery_sha256 == delivery_sha256), None)


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


def _is_known_attempt(history: Sequence[Version], arrival: Arrival) -> bool:
    """The bytes of the last attempt sent again (under another name, say): refused again, or still awaiting an answer."""
    if not history or history[-1].delivery_sha256 != arrival.delivery_sha256:
        return False
    state = history[-1].state
    return state is SubmissionState.RECEIVED or (state is SubmissionState.REFUSED and not arrival.is_accepted)


def _awaiting(history: Sequence[Version]) -> tuple[int, ...]:
    """Attempts held for a question: a newer file answers it by itself."""
    return tuple(version.submission_id for version in history if version.state is SubmissionState.RECEIVED)


def _open_attempts(history: Sequence[Version]) -> tuple[int, ...]:
    return tuple(version.submission_id for version in history if version.state in _ATTEMPTS)


def _came_before(arrival: Arrival, current: Version) -> bool:
    if arrival.modified_at is not None and current.modified_at is not None:
        return arrival.modified_at < current.modified_at
    return arrival.sighting_id < current.sighting_id


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
