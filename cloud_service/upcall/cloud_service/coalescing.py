"""Fewer, larger messages: the first piece of text at once, then one every 40 ms or 64 characters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from upcall.cloud_service.engine import EngineEnd, EngineText

INTERVAL_S = 0.040
CHARACTERS = 64


async def coalesce(
    events: AsyncGenerator[EngineText | EngineEnd, None],
    *,
    interval_s: float = INTERVAL_S,
    characters: int = CHARACTERS,
) -> AsyncGenerator[EngineText | EngineEnd, None]:
    """Merge neighbouring pieces of text; the text as a whole and the order of events stay.

    A piece of text waits until ``interval_s`` seconds have passed since the last one went out or ``characters`` are there.
    Closing this iterator cancels the read under way; closing ``events`` is left to its owner.
    """
    loop = asyncio.get_running_loop()
    held = ""
    due = loop.time()
    reading = asyncio.create_task(_read(events))
    try:
        while True:
            done, _ = await asyncio.wait((reading,), timeout=max(0.0, due - loop.time()) if held else None)
            if done:
                event = reading.result()
                if not isinstance(event, EngineText):
                    break
                held += event.text
                reading = asyncio.create_task(_read(events))
            if held and (loop.time() >= due or len(held) >= characters):
                piece, held = held, ""
                due = loop.time() + interval_s
                yield EngineText(piece)
        if held:
            yield EngineText(held)
        if event is not None:
            yield event
    finally:
        reading.cancel()
        await asyncio.wait((reading,))
        if not reading.cancelled():
            reading.exception()  # seen, so that asyncio does not report it a second time


async def _read(events: AsyncGenerator[EngineText | EngineEnd, None]) -> EngineText | EngineEnd | None:
    try:
        return await anext(events)
    except StopAsyncIteration:
        return None
