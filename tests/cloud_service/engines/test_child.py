"""Real child processes, each a few lines of Python."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from upcall.cloud_service.engine import EngineFailedError, EngineHealth, EngineUnavailableError
from upcall.cloud_service.engines.child import Child, Restarts
from upcall.edge_runtime.errors import ModelError, UpcallError

ECHO = """
import json, sys
for line in sys.stdin:
    command = json.loads(line)
    event = {"kind": "ready"} if command["op"] == "load" else {"kind": "text", "id": command["op"]}
    print(json.dumps(event), flush=True)
"""
CANARY = "zebra-canary-4711"


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def refused(event: dict[str, Any], words: str) -> UpcallError:
    return ModelError(f"refused as {event['type']}: {words}")


def child(command: list[str], *, first_pause_s: float = 0.01, **listeners: Any) -> Child:
    return Child(
        command,
        greeting={"op": "load"},
        on_event=listeners.get("on_event", lambda event: None),
        on_end=listeners.get("on_end", lambda: None),
        failure=refused,
        restarts=Restarts(first_pause_s=first_pause_s, max_pause_s=0.1),
    )


@asynccontextmanager
async def started(made: Child) -> AsyncIterator[Child]:
    try:
        await made.start()
        yield made
    finally:
        await made.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


async def test_commands_go_in_and_events_come_out() -> None:
    seen: list[dict[str, Any]] = []
    async with started(child(python(ECHO), on_event=seen.append)) as running:
        assert running.health() is EngineHealth.READY
        running.send({"op": "one"})
        running.send({"op": "two"})
        await until(lambda: len(seen) == 2)
    assert [event["id"] for event in seen] == ["one", "two"]
    assert running.health() is EngineHealth.FAILED
    assert running.process_id is None


async def test_a_child_that_dies_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    ends: list[None] = []
    async with started(child(python(ECHO), on_end=lambda: ends.append(None))) as running:
        first = running.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: len(ends) == 1)
        await running.wait_until_ready(patience_s=10)
        assert running.process_id not in (None, first)
    assert "ended (killed by SIGKILL); it is started again in 0.0 s" in caplog.text


async def test_a_start_that_fails_is_tried_again_for_ever_once_it_has_worked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    interpreter = tmp_path / "python"
    interpreter.symlink_to(sys.executable)
    async with started(child([str(interpreter), "-c", ECHO])) as running:
        interpreter.unlink()
        running.kill()
        await until(lambda: caplog.text.count("could not be started (No such file or directory)") > 4)
        assert running.health() is EngineHealth.LOADING
        with pytest.raises(EngineUnavailableError):
            await running.wait_until_ready(patience_s=0.01)
        interpreter.symlink_to(sys.executable)
        await running.wait_until_ready(patience_s=10)
        assert running.health() is EngineHealth.READY
    pauses = [record.args[2] for record in caplog.records if isinstance(record.args, tuple)]
    assert pauses[:5] == [0.01, 0.02, 0.04, 0.08, 0.1]


async def test_a_start_without_a_free_descriptor_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with started(child(python(ECHO))) as running:
        used = os.dup(0)  # the lowest that is free: all below are taken
        os.close(used)
        resource.setrlimit(resource.RLIMIT_NOFILE, (used, hard))
        taken: list[int] = []
        try:
            running.kill()
            while True:
                taken.append(os.dup(0))
        except OSError:
            await until(lambda: "could not be started (Too many open files)" in caplog.text)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for descriptor in taken:
                os.close(descriptor)
        await running.wait_until_ready(patience_s=10)
        assert running.health() is EngineHealth.READY


async def test_before_the_first_success_three_tries_and_the_last_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = f"""
import os, sys
open({str(tmp_path / "lives")!r}, "a").write("x")
print("x" * 5_000, file=sys.stderr)
print("no thread can be made\\x1b[2J", file=sys.stderr, flush=True)
os.abort()
"""
    with pytest.raises(EngineFailedError, match="no thread can be made") as caught:
        async with started(child(python(program))):
            pass
    assert (tmp_path / "lives").read_text() == "xxx"
    assert "ended (killed by SIGABRT), 3 times" in str(caught.value)
    assert len(str(caught.value)) < 1_200
    assert "\x1b" not in str(caught.value) + caplog.text


async def test_a_child_that_was_never_there() -> None:
    with pytest.raises(EngineFailedError, match="could not be started"):
        async with started(child(["/nonexistent/python"])):
            pass


async def test_a_model_that_is_refused_is_not_tried_again() -> None:
    program = """
import sys
print('{"kind": "failed", "type": "RuntimeError"}', flush=True)
print("bad", file=sys.stderr)
"""
    with pytest.raises(ModelError, match="refused as RuntimeError: bad"):
        async with started(child(python(program))):
            pass


async def test_a_refusal_after_a_success_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spoilt = tmp_path / "spoilt"
    program = f"""
import pathlib
if pathlib.Path({str(spoilt)!r}).exists():
    print('{{"kind": "failed", "type": "RuntimeError"}}', flush=True)
    raise SystemExit
{ECHO}"""
    async with started(child(python(program))) as running:
        spoilt.touch()
        running.kill()
        await until(lambda: caplog.text.count("could not load its model (RuntimeError)") > 3)
        spoilt.unlink()
        await running.wait_until_ready(patience_s=10)


async def test_what_is_no_event_ends_the_life_and_not_the_supervision(caplog: pytest.LogCaptureFixture) -> None:
    program = ECHO.replace('"id": command["op"]}', '"id": command["op"]} if command["op"] != "spoil" else [1]')
    async with started(child(python(program))) as running:
        first = running.process_id
        running.send({"op": "spoil"})
        await until(lambda: running.process_id not in (None, first))
        await running.wait_until_ready(patience_s=10)
    assert "wrote something that is no event" in caplog.text


async def test_words_of_a_child_that_saw_requests_are_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    program = f"""
import sys
print("early {CANARY}", file=sys.stderr, flush=True)
print('{{"kind": "ready"}}', flush=True)
sys.stdin.readline()
print("late {CANARY}", file=sys.stderr, flush=True)
"""
    lives: list[None] = []
    async with started(child(python(program), on_end=lambda: lives.append(None))):
        await until(lambda: len(lives) > 2)
    assert CANARY not in caplog.text


async def test_a_supervisor_that_ends_unexpectedly_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    def stumble(event: dict[str, Any]) -> None:
        raise LookupError(f"cannot take {CANARY}")

    async with started(child(python(ECHO), on_event=stumble)) as running:
        running.send({"op": "one"})
        await until(lambda: running.health() is EngineHealth.FAILED)
        with pytest.raises(EngineUnavailableError):
            await running.wait_until_ready(patience_s=60)
    assert "the engine's supervisor ended unexpectedly (LookupError)" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert CANARY not in caplog.text


async def test_a_process_that_a_child_left_behind_holds_nothing_up(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = f"""
import subprocess, sys
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.DEVNULL)
print(left.pid, file=open({str(pids)!r}, "a"))
raise SystemExit(3)
"""
    with pytest.raises(EngineFailedError, match="exit code 3"):
        async with asyncio.timeout(30), started(child(python(program))):
            pass
    for pid in pids.read_text().split():
        os.kill(int(pid), signal.SIGKILL)
