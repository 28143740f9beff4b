from __future__ import annotations

from contextlib import aclosing

import pytest

from upcall.cloud_service.engine import (
    EngineEnd,
    EngineHealth,
    EngineRequest,
    EngineText,
    EngineUnavailableError,
)
from upcall.cloud_service.engines.scripted import Script, ScriptedEngine
from upcall.edge_runtime.conversation import FinishReason, Message, Role, SamplingOptions


def asked(text: str = "Hello there.", *, stop: tuple[str, ...] = (), max_output_tokens: int = 100) -> EngineRequest:
    return EngineRequest(
        request_id="run-1",
        tenant="local",
        messages=(Message(Role.USER, text),),
        sampling=SamplingOptions(),
        max_output_tokens=max_output_tokens,
        stop=stop,
    )


async def answer(engine: ScriptedEngine, request: EngineRequest) -> tuple[str, EngineEnd]:
    *texts, end = [event async for event in engine.generate(request)]
    assert isinstance(end, EngineEnd)
    return "".join(event.text for event in texts if isinstance(event, EngineText)), end


async def test_a_reply_made_from_the_messages() -> None:
    engine = ScriptedEngine(Script(reply=lambda messages: f"You said:\n{messages[-1].content}"))
    await engine.load()
    assert engine.health() is EngineHealth.READY
    text, end = await answer(engine, asked())
    assert text == "You said:\nHello there."
    assert end == EngineEnd(finish=FinishReason.STOP, input_tokens=2, output_tokens=4)
    assert engine.finished == engine.started == ["run-1"]


async def test_length_and_stop_strings() -> None:
    engine = ScriptedEngine(Script(reply="one two three four"))
    assert await answer(engine, asked(max_output_tokens=2)) == ("one two", EngineEnd(FinishReason.LENGTH, 2, 2))
    assert (await answer(engine, asked(stop=("four", " three"))))[0] == "one two"


async def test_abort_and_failure() -> None:
    engine = ScriptedEngine(Script(reply="one two three", fail_after=2, failures=1))
    with pytest.raises(EngineUnavailableError, match="script"):
        await answer(engine, asked())
    async with aclosing(engine.generate(asked())) as events:
        await anext(events)
        engine.abort("run-1")
        with pytest.raises(EngineUnavailableError, match="aborted"):
            await anext(events)
    engine.abort("run-1")
    assert engine.aborted == ["run-1", "run-1"]
    assert (await answer(engine, asked()))[0] == "one two three"
