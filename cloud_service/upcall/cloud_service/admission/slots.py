"""Who may run now: a fixed number of slots and a bounded line before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from upcall.cloud_service.refusal import RefusalError


class Slots:
    """First come, first served, until ``close``.

    Args:
        slots: requests that run at the same time, at least 1.
        max_waiting: requests that wait, at least 0; one more is refused at once.
    """

    def __init__(self, *, slots: int, max_waiting: int) -> None:
        self._semaphore = asyncio.Semaphore(slots)
        self._max_waiting = max_waiting
        self._waits: set[asyncio.Timeout] = set()
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Requests in line."""
        return len(self._waits)

    @asynccontextmanager
    async def slot(self, *, patience_s: float) -> AsyncIterator[None]:
        """Hold a slot.

        Args:
            patience_s: longest wait in seconds.

        Raises:
            RefusalError: the line is full, the wait was too long, or no slot is given any more.
        """
        if self._is_closed:
            raise RefusalError.draining()
        if self._semaphore.locked() and len(self._waits) >= self._max_waiting:
            raise RefusalError.overloaded()
        wait = asyncio.timeout(patience_s)
        self._waits.add(wait)
        try:
            async with wait:
                await self._semaphore.acquire()
        except TimeoutError:
            raise RefusalError.draining() if self._is_closed else RefusalError.overloaded() from None
        finally:
            self._waits.discard(wait)
        try:
            yield
        finally:
            self._semaphore.release()

    def close(self) -> None:
        """Give no slot any more, and refuse those who wait; slots that are held stay so."""
        self._is_closed = True
        expire(self._waits)


def expire(timeouts: Iterable[asyncio.Timeout]) -> None:
    """End the time of all that still run."""
    now = asyncio.get_running_loop().time()
    for timeout in timeouts:
        if not timeout.expired():
            timeout.reschedule(now)
