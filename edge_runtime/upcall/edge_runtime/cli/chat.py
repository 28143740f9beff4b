"""``upcall chat``: a conversation. It lives in memory and is gone at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from rich.console import Console

from upcall.edge_runtime.answer import Answer
from upcall.edge_runtime.cli import options as shared
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.cli.preview import Preview
from upcall.edge_runtime.cli.rendering import describe, describe_reasons, follow
from upcall.edge_runtime.conversation import Message, Role, SamplingOptions
from upcall.edge_runtime.decision.decide import Strategy
from upcall.edge_runtime.engines.opening import EngineName
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.history.turns import turns_after
from upcall.edge_runtime.question import AskOptions
from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.session import Session

app = command_app()

HELP = """\
/why            why the last answer came from where it did, and exactly what left the device
/private TERM   from now on TERM must not leave
/reset          start afresh; placeholders are kept
/quit           leave (also Ctrl-D); Ctrl-C stops an answer"""


@app.command(
    help=help_with_examples(
        "Talk, turn by turn. Type /help for the commands.",
        "upcall chat --system 'Answer in one sentence.'",
        "UPCALL_API_KEY=… upcall chat --cloud localhost:50051 --private 'Project Heron'",
    )
)
def chat(
    bundle: shared.BundleOption = None,
    engine: shared.EngineOption = EngineName.AUTO,
    cloud: shared.CloudOption = None,
    cloud_model: shared.CloudModelOption = "",
    tls: shared.TlsOption = False,
    ca_certificate: shared.CaCertificateOption = None,
    strategy: Strategy = Strategy.CASCADE,
    system: shared.SystemOption = None,
    private: shared.PrivateOption = None,
    block: shared.BlockOption = None,
    policy: shared.PolicyOption = None,
    no_ner: shared.NoNerOption = False,
    preview: shared.PreviewOption = False,
    threshold: shared.ThresholdOption = None,
    quality_level: shared.QualityOption = None,
    max_output_tokens: shared.MaxTokensOption = 256,
    temperature: shared.TemperatureOption = 0.0,
    seed: shared.SeedOption = 0,
    cloud_timeout_ms: shared.TimeoutOption = 60_000,
) -> None:
    """Read turns until /quit or the end of input."""
    asked = AskOptions(
        strategy=strategy,
        sampling=SamplingOptions(temperature=temperature, seed=seed),
        max_output_tokens=max_output_tokens,
        cloud_timeout_ms=cloud_timeout_ms,
        threshold=threshold,
        quality_level=quality_level,
    )
    given = shared.policy_from(policy, block=block)
    session = shared.session_from(
        bundle=bundle,
        engine=engine,
        cloud=cloud,
        cloud_model=cloud_model,
        tls=tls,
        ca_certificate=ca_certificate,
        given=given,
        private=private,
        no_ner=no_ner,
    )
    try:
        detect = partial(given.detector, names=session.detector.names)
        _Conversation(
            session, asked, system=system, private_terms=list(private or ()), detect=detect, has_preview=preview
        ).run()
    finally:
        session.close()


class _Conversation:
    def __init__(
        self,
        session: Session,
        asked: AskOptions,
        *,
        system: str | None,
        private_terms: list[str],
        detect: Callable[..., Detector],
        has_preview: bool,
    ) -> None:
        self._session = session
        self._detect = detect
        self._asked = asked
        self._opening = [Message(Role.SYSTEM, system)] if system is not None else []
        self._history = list(self._opening)
        self._private_terms = private_terms
        self._last: Answer | None = None
        self._out = Console()
        self._notes = Console(stderr=True)
        self._approve = Preview(self._notes) if has_preview else None

    def run(self) -> None:
        # Broken bytes become lone surrogates here, which Message refuses by name instead of ending the chat.
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]  # a text file here
        if sys.stdin.isatty():
            import readline  # noqa: F401  # importing it gives input() a line editor

            self._notes.print("[dim]/help shows the commands[/dim]")
        while True:
            try:
                line = input("> " if sys.stdin.isatty() else "")
            except EOFError:
                return
            except KeyboardInterrupt:
                self._notes.print()
                continue
            if line.strip() in ("/quit", "/exit"):
                return
            if line.strip():
                try:
                    self._take(line)
                except InputError as error:
                    self._notes.print(str(error), style="red", markup=False)

    def _take(self, line: str) -> None:
        command, _, argument = line.strip().partition(" ")
        if command == "/help":
            self._notes.print(HELP, markup=False, highlight=False)
        elif command == "/why":
            self._explain()
        elif command == "/private":
            self._session.use_detector(self._detect(deny_terms=(*self._private_terms, argument.strip())))
            self._private_terms.append(argument.strip())
            self._notes.print("[dim]noted[/dim]")
        elif command == "/reset":
            self._history = list(self._opening)
        elif command.startswith("/") and command[1:].isalpha():
            raise InputError(f"There is no command {command}.", allowed=HELP)
        else:
            self._ask(line)

    def _explain(self) -> None:
        if self._last is None:
            self._notes.print("Nothing has been asked yet.")
        else:
            self._notes.print(describe_reasons(self._last), highlight=False, soft_wrap=True)

    def _ask(self, line: str) -> None:
        asked = [*self._history, Message(Role.USER, line)]
        answer = follow(self._session.ask(asked, self._asked, approve=self._approve), out=self._out, notes=self._notes)
        self._last = answer
        if answer.error is not None:
            self._notes.print(str(answer.error), style="red", markup=False)
            return
        if answer.was_stopped:
            self._notes.print("\n[dim]stopped[/dim]")
        else:
            self._notes.print(describe(answer), highlight=False, soft_wrap=True)
        self._history = turns_after(asked, answer, vault=self._session.vault)
