from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from upcall.cloud_service.coalescing import coalesce
from upcall.cloud_service.engine import EngineEnd, EngineText, EngineUnavailableError
from upcall.edge_runtime.conversation import FinishReason

END = EngineEnd(finish=FinishReason.STOP, input_tokens=1, output_tokens=1)
Events = AsyncGenerator[EngineText | EngineEnd, None]


async def spoken(*steps: str | float | EngineEnd | Exception) -> Events:
    """Texts, pauses in seconds, ends and errors, in order."""
    for step in steps:
        match step:
            case str():
                yield EngineText(step)
            case float():
                await asyncio.sleep(step)
            case EngineEnd():
                yield step
            case Exception():
                raise step


async def merged(events: Events, *, interval_s: float = 10.0) -> list[str | EngineEnd]:
    return [
        event.text if isinstance(event, EngineText) else event
        async for event in coalesce(events, interval_s=interval_s)
    ]


async def test_the_first_piece_goes_at_once_and_the_rest_together() -> None:
    assert await merged(spoken("a", "b", "c", END)) == ["a", "bc", END]


async def test_enough_characters_go_at_once() -> None:
    assert await merged(spoken("a", "b" * 40, "c" * 40, "d", END)) == ["a", "b" * 40 + "c" * 40, "d", END]


async def test_a_piece_does_not_wait_for_the_next() -> None:
    arrived: list[float] = []
    loop = asyncio.get_running_loop()
    async for _ in coalesce(spoken("a", "b", 0.5, "c", END), interval_s=0.04):
        arrived.append(loop.time())
    assert len(arrived) == 4
    assert 0.03 < arrived[1] - arrived[0] < 0.4
    assert arrived[2] - arrived[0] >= 0.45


async def test_nothing_and_an_error() -> None:
    assert await merged(spoken()) == []
    with pytest.raises(EngineUnavailableError):
        await merged(spoken("a", "b", EngineUnavailableError("gone")))


async def test_closing_cancels_the_read_under_way() -> None:
    has_ended = False

    async def endless() -> Events:
        nonlocal has_ended
        try:
            yield EngineText("a")
            await asyncio.sleep(60)
        finally:
            has_ended = True

    async with aclosing(coalesce(endless())) as events:
        assert await anext(events) == EngineText("a")
        await asyncio.sleep(0.01)
    assert has_ended
