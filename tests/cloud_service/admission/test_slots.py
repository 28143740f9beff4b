from __future__ import annotations

import asyncio

import grpc
import pytest

from upcall.cloud_service.admission.slots import Slots
from upcall.cloud_service.refusal import RefusalError


async def hold(slots: Slots, release: asyncio.Event) -> None:
    async with slots.slot(patience_s=5):
        await release.wait()


async def test_a_slot_a_queue_and_then_a_refusal() -> None:
    slots, release = Slots(slots=1, max_waiting=1), asyncio.Event()
    tasks = [asyncio.create_task(hold(slots, release)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(RefusalError) as caught:
        await hold(slots, release)
    assert caught.value.status is grpc.StatusCode.UNAVAILABLE
    assert caught.value.trailing_metadata == (("grpc-retry-pushback-ms", "1000"),)
    release.set()
    await asyncio.gather(*tasks)
    await hold(slots, release)


async def test_patience_ends() -> None:
    slots, release = Slots(slots=1, max_waiting=9), asyncio.Event()
    task = asyncio.create_task(hold(slots, release))
    await asyncio.sleep(0)
    with pytest.raises(RefusalError):
        async with slots.slot(patience_s=0.02):
            pass
    release.set()
    await task


async def test_who_gives_up_leaves_its_place_to_the_next() -> None:
    slots, release = Slots(slots=1, max_waiting=1), asyncio.Event()
    running = asyncio.create_task(hold(slots, release))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(hold(slots, release))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))
    following = asyncio.create_task(hold(slots, release))
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(running, following)


async def test_closing_refuses_those_in_line_and_all_who_come() -> None:
    slots, release = Slots(slots=1, max_waiting=9), asyncio.Event()
    running, *waiting = [asyncio.create_task(hold(slots, release)) for _ in range(3)]
    await asyncio.sleep(0)
    assert slots.waiting == 2
    slots.close()
    for ended in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(ended, RefusalError)
        assert ended.details == "the service is stopping"
        assert ended.retry_after_ms
    assert not running.done()
    release.set()
    await running
    with pytest.raises(RefusalError, match="stopping"):
        await hold(slots, release)
    assert slots.waiting == 0
