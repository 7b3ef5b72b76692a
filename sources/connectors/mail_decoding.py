"""An attachment's bytes out of the encoding they travel in, piece by piece as they come."""

from __future__ import annotations

import binascii
import quopri
import re
from base64 import b64decode
from collections.abc import Callable

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_QUARTET = 4


class Decoder:
    """Takes the pieces of an encoded part in order and hands the decoded bytes on. What is no base64 in base64 is passed over."""

    def __init__(self, encoding: str, hand_on: Callable[[bytes], object]) -> None:
        self.encoding = encoding
        self.hand_on = hand_on
        self._rest = b""

    def write(self, data: bytes) -> None:
        """Takes the next encoded bytes."""
        if self.encoding == "base64":
            data = self._rest + _NOT_BASE64.sub(b"", data)
            whole = len(data) - len(data) % _QUARTET
            self._rest = data[whole:]
            self._hand_on(b64decode(data[:whole]))
        elif self.encoding == "quoted-printable":
            lines, line_end, self._rest = (self._rest + data).rpartition(b"\n")
            self._hand_on(quopri.decodestring(lines + line_end))
        else:
            self._hand_on(data)

    def finish(self) -> None:
        """Hands on what a missing end left over."""
        rest, self._rest = self._rest, b""
        if self.encoding == "quoted-printable":
            self._hand_on(quopri.decodestring(rest))
        elif len(rest) > 1:
            self._hand_on(binascii.a2b_base64(rest + b"=" * (_QUARTET - len(rest))))

    def _hand_on(self, data: bytes) -> None:
        if data:
            self.hand_on(data)
