"""A child process that is kept running: commands go in as JSON lines, events come out as JSON lines.

A child says ``ready`` or ``failed`` first. Until then it has seen no request, so what it writes to standard error holds no
prompt and is kept, bounded, as its last words; nothing that it writes there later is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from upcall.cloud_service.engine import EngineFailedError, EngineHealth, EngineUnavailableError
from upcall.edge_runtime.errors import UpcallError

_LINE_LIMIT = 1 << 20
_WORDS_PATIENCE_S = 1.0  # a process that the child left behind may hold its standard error open
_MAX_WORDS = 800  # characters of the last words that an operator is shown
_log = logging.getLogger(__name__)

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Restarts:
    """How a child is started again.

    Args:
        tries: lives that may end before the first child was ready; after that it is tried for ever.
        first_pause_s: before the second try, and after a life that was ready; doubled after each other failure.
        max_pause_s: longest pause.
    """

    tries: int = 3
    first_pause_s: float = 0.5
    max_pause_s: float = 30.0


@dataclass(frozen=True, slots=True)
class _Life:
    """How one life of a child ended.

    Args:
        end: for a sentence that begins with "the engine's process".
        was_ready: it had said so.
        words: its last ones, if it was not ready.
        failed: the event by which it said that it cannot work.
    """

    end: str
    was_ready: bool = False
    words: str = ""
    failed: Event | None = None


class _LastWords:
    """The end of what a child writes to standard error before it is ready; nothing of what comes later."""

    def __init__(self) -> None:
        self._kept = b""
        self._is_over = False

    async def listen(self, stream: asyncio.StreamReader) -> None:
        """Read to the end, so that the child never waits for a reader."""
        while some := await stream.read(4096):
            if not self._is_over:
                self._kept = (self._kept + some)[-4 * _MAX_WORDS :]

    def forget(self) -> None:
        """Keep nothing, now and later: from here on the child may see prompts."""
        self._is_over = True
        self._kept = b""

    def __str__(self) -> str:
        text = self._kept.decode(errors="replace").strip()[-_MAX_WORDS:]
        return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)


class Child:
    """One child process after another, until ``close``.

    Args:
        command: program and arguments.
        greeting: the first command of each life.
        on_event: gets every event but ``ready`` and ``failed``.
        on_end: called after each life, before the next one begins.
        failure: what a ``failed`` event of the first child means, given the event and its last words.
        restarts: how often and how soon.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        greeting: Event,
        on_event: Callable[[Event], None],
        on_end: Callable[[], None],
        failure: Callable[[Event, str], UpcallError],
        restarts: Restarts,
    ) -> None:
        self._command = tuple(command)
        self._greeting = greeting
        self._on_event = on_event
        self._on_end = on_end
        self._failure = failure
        self._restarts = restarts
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()  # set while a child is ready, and for ever once there will be none
        self._health = EngineHealth.LOADING
        self._has_worked = False
        self._is_closing = False

    @property
    def process_id(self) -> int | None:
        """Of the child; None while there is none."""
        return None if self._process is None else self._process.pid

    def health(self) -> EngineHealth:
        """LOADING also while a child is started again, FAILED once there will be no other."""
        return self._health

    async def start(self) -> None:
        """Start the first child and wait until it is ready.

        Raises:
            EngineFailedError: it could not be started or ended, several times.
            UpcallError: what ``failure`` made of its ``failed`` event.
        """
        self._supervisor = asyncio.create_task(self._supervise())
        self._supervisor.add_done_callback(self._supervisor_ended)
        while self._health is EngineHealth.LOADING:  # also if a child was ready and died before this one got to know
            await self._changed.wait()
        if self._health is EngineHealth.FAILED:
            await self._supervisor

    async def wait_until_ready(self, *, patience_s: float) -> None:
        """Wait for a child that takes commands.

        Raises:
            EngineUnavailableError: there was none for so many seconds, or there will be none.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._changed.wait()
        if self._health is not EngineHealth.READY:
            raise EngineUnavailableError("The engine is not back yet.")

    def send(self, command: Event) -> None:
        """Write a command; one that comes while there is no child is lost."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(json.dumps(command).encode() + b"\n")

    def kill(self) -> None:
        """End this life at once; the next one begins."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def close(self) -> None:
        """End the child, whatever it is doing, and start no other."""
        self._is_closing = True
        self._health = EngineHealth.FAILED
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait((self._supervisor,))

    async def _supervise(self) -> None:
        """Keep a child running. Ends only by a child that was never ready."""
        restarts = self._restarts
        pause_s = restarts.first_pause_s
        tries_left = restarts.tries
        try:
            while True:
                self._health = EngineHealth.LOADING
                life = await self._live()
                tries_left -= 1
                if not self._has_worked and (life.failed is not None or not tries_left):
                    raise self._never_ready(life)
                if life.was_ready:
                    pause_s = restarts.first_pause_s
                said = life.words.rpartition("\n")[2]
                words = f", saying: {said}" if said else ""
                _log.error("the engine's process %s%s; it is started again in %.1f s", life.end, words, pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, restarts.max_pause_s)
        finally:
            self._health = EngineHealth.FAILED
            self._changed.set()

    def _supervisor_ended(self, supervisor: asyncio.Task[None]) -> None:
        if self._is_closing:
            return
        error = None if supervisor.cancelled() else supervisor.exception()
        if isinstance(error, UpcallError) and not self._has_worked:  # whoever waits in `start` gets it
            return
        # The type only: the text of an unknown error may hold content.
        kind = "it was cancelled" if error is None else type(error).__name__
        _log.critical("the engine's supervisor ended unexpectedly (%s); the service cannot go on", kind)

    def _never_ready(self, life: _Life) -> UpcallError:
        if life.failed is not None:
            return self._failure(life.failed, life.words)
        words = f" Its last words:\n{life.words}" if life.words else ""
        return EngineFailedError(
            f"The engine's process {life.end}, {self._restarts.tries} times, before it was ready.{words}",
            next_step="mend what it says, or try other --threads, --slots and --context-length",
        )

    async def _live(self) -> _Life:
        """One life of a child, from start to end, however it ends."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE_LIMIT,
                start_new_session=True,  # Ctrl-C is for the service, which lets running answers end
            )
        except (OSError, RuntimeError) as error:  # no descriptor, no memory, no interpreter, no thread to wait for it
            return _Life(end=f"could not be started ({_why(error)})")
        self._process = process
        assert process.stderr is not None  # asked for above
        words = _LastWords()
        listening = asyncio.create_task(words.listen(process.stderr))
        failed: Event | None = None
        is_garbled = False
        try:
            self.send(self._greeting)
            failed = await self._follow(process, words)
            with contextlib.suppress(TimeoutError):  # time for its last words
                await asyncio.wait_for(process.wait(), _WORDS_PATIENCE_S)
        except ValueError:
            is_garbled = True
        finally:
            was_ready, self._health = self._health is EngineHealth.READY, EngineHealth.LOADING
            self._changed.clear()
            self.kill()
            await process.wait()
            self._process = None
            self._on_end()
            await asyncio.wait((listening,), timeout=_WORDS_PATIENCE_S)
            process._transport.close()  # type: ignore[attr-defined]  # asyncio closes a pipe that others hold in no other way
            await listening
        if is_garbled:
            end = "wrote something that is no event"
        elif failed is not None:
            end = f"could not load its model ({failed.get('type')})"
        else:
            end = f"ended ({_ending(process.returncode)})"
        return _Life(end=end, was_ready=was_ready, words=str(words), failed=failed)

    async def _follow(self, process: asyncio.subprocess.Process, words: _LastWords) -> Event | None:
        """Take events until the child ends or says that it cannot work; returns what it said.

        Raises:
            ValueError: a line is no event.
        """
        assert process.stdout is not None  # asked for
        async for line in process.stdout:
            event = json.loads(line)
            if not isinstance(event, dict) or "kind" not in event:
                raise ValueError("no event")
            if event["kind"] == "failed":
                return event
            if event["kind"] == "ready":
                words.forget()
                self._health = EngineHealth.READY
                self._has_worked = True
                self._changed.set()
            else:
                self._on_event(event)
        return None


def _why(error: OSError | RuntimeError) -> str:
    """In the system's words, which hold no more than a path."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)


def _ending(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-returncode).name}"
    return f"exit code {returncode}"
