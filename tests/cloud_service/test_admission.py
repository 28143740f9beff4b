from __future__ import annotations

import asyncio

import grpc
import pytest

from upcall.cloud_service.admission import Admission
from upcall.cloud_service.refusal import RefusalError


async def hold(admission: Admission, release: asyncio.Event) -> None:
    async with admission.slot(patience_s=5):
        await release.wait()


async def test_a_slot_a_queue_and_then_a_refusal() -> None:
    admission, release = Admission(slots=1, max_waiting=1), asyncio.Event()
    tasks = [asyncio.create_task(hold(admission, release)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(RefusalError) as caught:
        await hold(admission, release)
    assert caught.value.status is grpc.StatusCode.UNAVAILABLE
    assert caught.value.trailing_metadata == (("grpc-retry-pushback-ms", "1000"),)
    release.set()
    await asyncio.gather(*tasks)
    await hold(admission, release)


async def test_patience_ends() -> None:
    admission, release = Admission(slots=1, max_waiting=9), asyncio.Event()
    task = asyncio.create_task(hold(admission, release))
    await asyncio.sleep(0)
    with pytest.raises(RefusalError):
        async with admission.slot(patience_s=0.02):
            pass
    release.set()
    await task


async def test_who_gives_up_leaves_its_place_to_the_next() -> None:
    admission, release = Admission(slots=1, max_waiting=1), asyncio.Event()
    running = asyncio.create_task(hold(admission, release))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(hold(admission, release))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))
    following = asyncio.create_task(hold(admission, release))
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(running, following)
