from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.cloud_service.engines.gguf_files import write_gguf
from upcall.cloud_service.engine import (
    EngineEnd,
    EngineHealth,
    EngineRequest,
    EngineText,
    EngineUnavailableError,
    PromptTooLongError,
)
from upcall.cloud_service.engines.llamacpp import LlamaCppEngine, LlamaCppOptions
from upcall.edge_runtime.conversation import FinishReason, Message, Role, SamplingOptions
from upcall.edge_runtime.downloads.catalogue import find
from upcall.edge_runtime.downloads.store import model_path
from upcall.edge_runtime.errors import UpcallError

pytestmark = pytest.mark.asyncio(loop_scope="module")  # the model is loaded once
CONTEXT_LENGTH = 4096
STORY = "Write a very long story about a cat."


def asked(
    text: str = "Say hello.",
    *,
    name: str = "run",
    tenant: str = "phone",
    max_output_tokens: int = 12,
    sampling: SamplingOptions | None = None,
    stop: tuple[str, ...] = (),
) -> EngineRequest:
    return EngineRequest(
        request_id=name,
        tenant=tenant,
        messages=(Message(Role.USER, text),),
        sampling=sampling or SamplingOptions(),
        max_output_tokens=max_output_tokens,
        stop=stop,
    )


async def answer(engine: LlamaCppEngine, request: EngineRequest) -> tuple[str, EngineEnd]:
    *texts, end = [event async for event in engine.generate(request)]
    assert isinstance(end, EngineEnd)
    return "".join(event.text for event in texts if isinstance(event, EngineText)), end


def processor_seconds(process_id: int) -> float:
    """User and system time of all threads of a process so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def seconds_spent_in(engine: LlamaCppEngine, *, seconds: float) -> float:
    assert engine.process_id is not None
    before = processor_seconds(engine.process_id)
    await asyncio.sleep(seconds)
    return processor_seconds(engine.process_id) - before


async def seconds_until_quiet(engine: LlamaCppEngine) -> float:
    began = time.monotonic()
    while await seconds_spent_in(engine, seconds=0.5) > 0.05:
        assert time.monotonic() - began < 30
    return time.monotonic() - began


def network_sockets(process_id: int) -> set[str]:
    """Inodes of the internet sockets of a process, listening or connected."""
    links = [str(link.readlink()) for link in Path(f"/proc/{process_id}/fd").iterdir()]
    own = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
    found: set[str] = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        rows = Path(f"/proc/{process_id}/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        found |= own & {row.split()[9] for row in rows}
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine() -> AsyncGenerator[LlamaCppEngine, None]:
    path = model_path(find("smollm2-135m-instruct"))
    loaded = LlamaCppEngine(LlamaCppOptions(model_path=path, alias="small", context_length=CONTEXT_LENGTH))
    try:
        await loaded.load()
        yield loaded
    finally:
        await loaded.close()


async def refused(options: LlamaCppOptions) -> str:
    """Why an engine cannot be loaded, in the words of the error."""
    engine = LlamaCppEngine(options)
    with pytest.raises(UpcallError) as caught:
        await engine.load()
    assert engine.process_id is None
    await engine.close()
    assert engine.health() is EngineHealth.FAILED
    return str(caught.value)


async def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF and nothing more")
    assert f"{path} is not a chat model" in await refused(LlamaCppOptions(model_path=path, alias="broken"))


async def test_a_model_that_llama_cpp_cannot_load_and_why(tmp_path: Path) -> None:
    """A header without a weight: found out by the real child."""
    path = write_gguf(tmp_path / "hollow.gguf", general__architecture="unheard", unheard__context_length=8192)
    error = await refused(LlamaCppOptions(model_path=path, alias="hollow"))
    assert f"llama.cpp cannot load {path} (RuntimeError)" in error
    assert "unknown model architecture: 'unheard'" in error


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"threads": 100_000}, "--threads"),
        ({"slots": 1_000}, "--slots"),
        ({"context_length": 10**8}, "--context-length"),
    ],
)
async def test_settings_are_checked_before_anything_is_started(
    tmp_path: Path, settings: dict[str, Any], named: str
) -> None:
    path = write_gguf(tmp_path / "own.gguf")
    assert named in await refused(LlamaCppOptions(model_path=path, alias="own", **settings))


@pytest.mark.weights
async def test_answers_lengths_and_stop_strings(engine: LlamaCppEngine) -> None:
    assert engine.health() is EngineHealth.READY
    text, end = await answer(engine, asked())
    assert text.strip()
    assert end == EngineEnd(finish=FinishReason.LENGTH, input_tokens=end.input_tokens, output_tokens=12)
    assert 10 < end.input_tokens < 60  # the chat template is there
    again, _ = await answer(engine, asked())
    assert again == text  # greedy is the default
    second_word = text.split()[1]
    cut, end = await answer(engine, asked(stop=(second_word,)))
    assert cut == text.partition(second_word)[0]
    assert end.finish is FinishReason.STOP
    seeded = asked(STORY, sampling=SamplingOptions(temperature=1.5, top_p=0.95, top_k=50, min_p=0.01, seed=2**63))
    # The first reads the prompt in another batch than those after it, which may move the last bits of the logits.
    _, second, third = [(await answer(engine, seeded))[0] for _ in range(3)]
    assert second == third


@pytest.mark.weights
async def test_a_long_prompt_is_refused_with_numbers(engine: LlamaCppEngine) -> None:
    with pytest.raises(PromptTooLongError) as caught:
        await answer(engine, asked("hello there " * 3_000))
    assert caught.value.tokens > 6_000
    assert caught.value.context_length == CONTEXT_LENGTH
    await answer(engine, asked())


@pytest.mark.weights
async def test_closing_the_stream_stops_the_decoding(engine: LlamaCppEngine) -> None:
    async with aclosing(engine.generate(asked(STORY, max_output_tokens=3_000))) as events:
        for _ in range(3):
            await anext(events)
        assert await seconds_spent_in(engine, seconds=0.5) > 0.1  # it does work while it is read
    assert await seconds_until_quiet(engine) < 10  # the whole answer takes more than 20 s
    await answer(engine, asked())


@pytest.mark.weights
async def test_closing_the_stream_stops_the_reading_of_the_prompt(engine: LlamaCppEngine) -> None:
    events = engine.generate(asked("hello there " * 1_900))
    reading = asyncio.create_task(anext(events))
    await asyncio.sleep(0.2)
    reading.cancel()
    await asyncio.wait((reading,))
    assert reading.cancelled()
    assert await seconds_until_quiet(engine) < 10  # the whole prompt takes more than 10 s


@pytest.mark.weights
async def test_abort_ends_a_stream_that_is_read(engine: LlamaCppEngine) -> None:
    events = engine.generate(asked(STORY, max_output_tokens=3_000))
    await anext(events)
    engine.abort("unknown")
    engine.abort("run")
    with pytest.raises(EngineUnavailableError, match="aborted"):
        async for _ in events:
            pass


@pytest.mark.weights
async def test_a_killed_child_ends_the_request_and_the_next_one_works(engine: LlamaCppEngine) -> None:
    events = engine.generate(asked(STORY, max_output_tokens=3_000))
    await anext(events)
    killed = engine.process_id
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(EngineUnavailableError):
        async for _ in events:
            pass
    assert engine.health() is EngineHealth.LOADING
    text, _ = await answer(engine, asked())
    assert text.strip()
    assert engine.process_id not in (None, killed)


@pytest.mark.weights
async def test_the_prompt_cache_is_not_shared_between_tenants(engine: LlamaCppEngine) -> None:
    prompt = "hello there " * 50
    ends = [(await answer(engine, asked(prompt, tenant=tenant)))[1] for tenant in ("tablet", "tablet", "box", "tablet")]
    assert [end.cached_tokens > 100 for end in ends] == [False, True, False, False]
    assert [end.cached_tokens for end in ends if end.cached_tokens < 100] == [0, 0, 0]


@pytest.mark.weights
async def test_the_child_listens_on_no_port_and_ends_with_the_engine(engine: LlamaCppEngine) -> None:
    child = engine.process_id
    assert child is not None
    assert not network_sockets(child)
    await engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
