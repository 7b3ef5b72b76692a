"""Which partner a mail is from: by the sender's address, by a tag in the subject, or by the mail that was forwarded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr

from sources.partner import Partner

INBOX = "mailbox:"

_TAG = re.compile(r"[\[【［](.{1,60}?)[\]】］]")

NOBODY = "发件人地址没有登记在任何单位名下，主题中也没有单位标记"
SEVERAL = "发件人地址同时登记在几个单位名下，主题中没有单位标记"
CONTRADICTORY = "主题中的单位标记与发件人地址（或另一个标记）指向不同的单位"


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose a mail is: one code when that is clear; else the codes it may be, and why it is not clear (Chinese)."""

    partner_codes: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Correspondents:
    """The addresses and subject tags of all partners, and of our own office (small letters).

    `office_senders` are colleagues who forward partners' mails: what they send is not theirs. `own_address` is what our
    receipts are sent from.
    """

    by_address: Mapping[str, tuple[str, ...]]
    by_tag: Mapping[str, str]
    office_senders: frozenset[str] = field(default=frozenset())
    own_address: str | None = None

    def claim(self, sender: str | None, subject: str, inner: Iterable[tuple[str, str]] = ()) -> Claim:
        """Whose the file is.

        Args:
            sender: address the mail came from.
            subject: of the mail.
            inner: sender and subject of the forwarded mail the file stands in, or the sender that a forwarded text names.
        """
        inner = list(inner)
        tagged = self._tagged([subject, *(text for _, text in inner)])
        written = self._written([sender or ""]) or self._written(address for address, _ in inner)
        if len(tagged) == 1 and (not written or tagged[0] in written or self._is_office(sender)):
            return Claim(tagged)
        if tagged:
            return Claim(tuple(dict.fromkeys((*tagged, *written))), CONTRADICTORY)
        return Claim(written, "" if len(written) == 1 else SEVERAL if written else NOBODY)

    def is_forwarder(self, sender: str | None) -> bool:
        """Whether the mail comes from a colleague of the office, so that the sender's address says nothing of whose it is."""
        return self._is_office(sender)

    def _tagged(self, subjects: Iterable[str]) -> tuple[str, ...]:
        found = (self.by_tag.get(_folded(tag)) for subject in subjects for tag in _TAG.findall(subject))
        return tuple(dict.fromkeys(code for code in found if code))

    def _written(self, addresses: Iterable[str]) -> tuple[str, ...]:
        told = (address for address in addresses if not self._is_office(address))
        return tuple(dict.fromkeys(code for address in told for code in self.by_address.get(address.casefold(), ())))

    def _is_office(self, sender: str | None) -> bool:
        return sender is not None and sender.casefold() in self.office_senders


def correspondents_of(
    partners: Iterable[Partner], office_senders: Iterable[str] = (), own_address: str | None = None
) -> Correspondents:
    """The correspondents of an office.

    A partner is known by the addresses of its contacts, its head and its `mail_senders`; its tags are its code, its names and
    what stands behind `mailbox:` in its inbox address.
    """
    partners = list(partners)
    addresses: dict[str, dict[str, None]] = {}
    for partner in partners:
        for address in (*(c.email for c in partner.contacts), partner.head_email, *partner.mail_senders):
            if address:
                addresses.setdefault(address.casefold(), {})[partner.code] = None
    by_address = {address: tuple(codes) for address, codes in addresses.items()}
    office = frozenset(address.casefold() for address in office_senders)
    own = parseaddr(own_address or "")[1].casefold()
    return Correspondents(by_address, _tags(partners), office, own or None)


def _tags(partners: Iterable[Partner]) -> dict[str, str]:
    """Tag → code. A name two partners share is no tag; a code always is."""
    partners = list(partners)
    holders: dict[str, set[str]] = {}
    for partner in partners:
        inbox = partner.inbox or ""
        for tag in (*partner.names, inbox.removeprefix(INBOX) if inbox.startswith(INBOX) else ""):
            holders.setdefault(_folded(tag), set()).add(partner.code)
    shared = {tag: next(iter(codes)) for tag, codes in holders.items() if tag and len(codes) == 1}
    return {**shared, **{partner.code: partner.code for partner in partners}}


def _folded(tag: str) -> str:
    return "".join(unicodedata.normalize("NFKC", tag).casefold().split())
