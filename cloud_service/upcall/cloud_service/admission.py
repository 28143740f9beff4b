"""Who may run now: a fixed number of slots and a bounded queue before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from upcall.cloud_service.refusal import RefusalError


class Admission:
    """First come, first served.

    Args:
        slots: requests that run at the same time, at least 1.
        max_waiting: requests that wait, at least 0; one more is refused at once.
    """

    def __init__(self, *, slots: int, max_waiting: int) -> None:
        self._semaphore = asyncio.Semaphore(slots)
        self._max_waiting = max_waiting
        self._waiting = 0

    @asynccontextmanager
    async def slot(self, *, patience_s: float) -> AsyncIterator[None]:
        """Hold a slot.

        Args:
            patience_s: longest wait in seconds.

        Raises:
            RefusalError: the queue is full or the wait was too long.
        """
        if self._semaphore.locked() and self._waiting >= self._max_waiting:
            raise RefusalError.overloaded()
        self._waiting += 1
        try:
            async with asyncio.timeout(patience_s):
                await self._semaphore.acquire()
        except TimeoutError:
            raise RefusalError.overloaded() from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._semaphore.release()
