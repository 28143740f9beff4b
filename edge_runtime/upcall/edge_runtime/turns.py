"""Turns: questions of several threads use one session one after the other."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from upcall.edge_runtime.errors import InputError


class Turns:
    """Who waits longest comes next. Questions of one thread do not wait for each other, since that would be for ever."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._thread: int | None = None
        self._running = 0
        self._is_closed = False

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn and have it until the block ends. Ctrl-C and ``close`` end the wait.

        Raises:
            InputError: the session was closed.
        """
        ticket, me = object(), threading.get_ident()
        with self._changed:
            self._waiting.append(ticket)
            try:
                self._changed.wait_for(lambda: self._is_closed or self._may_run(ticket, me))
                if self._is_closed:
                    raise InputError("The session is closed.", next_step="open another one")
                self._thread = me
                self._running += 1
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def resume(self) -> None:
        """The question that has its turn goes on in the thread that calls this."""
        self._thread = threading.get_ident()

    def close(self) -> None:
        """Refuse all who wait and all who come."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _may_run(self, ticket: object, thread: int) -> bool:
        if self._running:
            return thread == self._thread
        return self._waiting[0] is ticket
