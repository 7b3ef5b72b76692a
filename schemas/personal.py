"""ID and mobile numbers in text: found and masked, so that none is stored, or repeated in a finding, a log or a mail."""

from __future__ import annotations

import re

ID_NUMBER = r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
"""18 characters with a birth date inside (GB 11643): a unified social credit code of 18 digits is no ID number."""
MOBILE_NUMBER = r"1[3-9][0-9](?:[0-9]{8}|[ -][0-9]{4}[ -][0-9]{4})"
PERSONAL_NUMBER = rf"(?<![0-9A-Za-z])(?:{ID_NUMBER}|{MOBILE_NUMBER})(?![0-9A-Za-z])"
MASK = "［号码已隐去］"

_search = re.compile(PERSONAL_NUMBER)
_has_wide = re.compile("[０-９]")
_NARROW = str.maketrans("０１２３４５６７８９Ｘｘ－\u3000", "0123456789Xx- ")
# Nearly all text holds no such run of digits, and this pattern says so in a quarter of the time.
_is_likely = re.compile(r"[1-9][0-9]{2}(?:[0-9]{8}|[ -][0-9]{4}[ -])")


def holds_personal_number(text: str) -> bool:
    """Whether the text holds an 18-digit ID number or an 11-digit mobile number, in digits of either width."""
    narrow = _narrowed(text)
    return _is_likely.search(narrow) is not None and _search.search(narrow) is not None


def mask_personal_numbers(text: str) -> str:
    """The text with every such number replaced; the rest of it stays as it is."""
    narrow = _narrowed(text)
    if not _is_likely.search(narrow):
        return text
    found = [match.span() for match in _search.finditer(narrow)]
    ends = [0, *(end for _, end in found)]
    starts = [*(start for start, _ in found), len(text)]
    return MASK.join(text[end:start] for end, start in zip(ends, starts, strict=True))


def _narrowed(text: str) -> str:
    """The text with full-width digits and marks as plain ones, character for character."""
    return text.translate(_NARROW) if _has_wide.search(text) else text
