"""A line to a real server that fails as lines do: silent, slow, standing still or cut after so many bytes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PIECE = 1024


@dataclass
class FaultyLine:
    """Counts and faults of a line, to be set between requests. None: no such fault. Bytes are those the server answers with."""

    port: int
    silent: bool = False
    stall_after: int | None = None
    cut_after: int | None = None
    pause_seconds: float = 0.0
    connections: int = 0
    answered_bytes: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def reset(self) -> None:
        """A good line again, counted anew."""
        self.silent, self.stall_after, self.cut_after, self.pause_seconds = False, None, None, 0.0
        self.connections = self.answered_bytes = 0

    def answer(self, server: socket.socket, client: socket.socket) -> None:
        """Carries the server's answers until the fault comes."""
        count = 0
        while piece := _receive(server, PIECE if self._has_fault() else PIECE * 64):
            count += len(piece)
            if self.cut_after is not None and count > self.cut_after:
                break
            if self.stall_after is not None and count > self.stall_after:
                return  # the connection stays open and says nothing
            if self.pause_seconds:
                time.sleep(self.pause_seconds)
            self.answered_bytes += len(piece)
            with suppress(OSError):
                client.sendall(piece)
        _hang_up(client, server)

    def _has_fault(self) -> bool:
        return self.cut_after is not None or self.stall_after is not None or self.pause_seconds > 0

    def carry(self, client: socket.socket, to_port: int) -> None:
        """Carries one connection to the server."""
        self.connections += 1
        self._open.append(client)
        if self.silent:
            return
        server = socket.create_connection(("127.0.0.1", to_port))
        self._open.append(server)
        threading.Thread(target=self.answer, args=(server, client), daemon=True).start()
        while piece := _receive(client, PIECE * 64):
            with suppress(OSError):
                server.sendall(piece)
        _hang_up(server)

    def hang_up(self) -> None:
        """Ends everything under way."""
        for each in self._open:
            _hang_up(each)
            each.close()


@contextmanager
def faulty_line(to_port: int) -> Iterator[FaultyLine]:
    """A line on a port of its own to the server at `to_port` on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = FaultyLine(listener.getsockname()[1])
        accepting = threading.Thread(target=_accept, args=(listener, line, to_port), daemon=True)
        accepting.start()
        try:
            yield line
        finally:
            line.hang_up()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            accepting.join(5)


def _accept(listener: socket.socket, line: FaultyLine, to_port: int) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=line.carry, args=(client, to_port), daemon=True).start()


def _receive(end: socket.socket, at_most: int) -> bytes:
    try:
        return end.recv(at_most)
    except OSError:
        return b""


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
