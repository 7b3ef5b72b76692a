"""Intake, judgement: finding ID and mobile numbers in text, so that none is repeated in a finding, a log or a mail."""

from __future__ import annotations

import re

ID_NUMBER = r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
"""18 characters with a birth date inside (GB 11643): a unified social credit code of 18 digits is no ID number."""
MOBILE_NUMBER = r"1[3-9][0-9](?:[0-9]{8}|[ -][0-9]{4}[ -][0-9]{4})"
PERSONAL_NUMBER = rf"(?<![0-9A-Za-z])(?:{ID_NUMBER}|{MOBILE_NUMBER})(?![0-9A-Za-z])"

_search = re.compile(PERSONAL_NUMBER)
MASK = "［号码已隐去］"


def holds_personal_number(text: str) -> bool:
    """Whether the text holds an 18-digit ID number or an 11-digit mobile number."""
    return _search.search(text) is not None


def mask_personal_numbers(text: str) -> str:
    """The text with every such number replaced."""
    return _search.sub(MASK, text)
