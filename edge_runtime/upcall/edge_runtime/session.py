"""A person's conversations with one model: what a session is made of, and whose turn it is."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

from upcall.edge_runtime.budget import Budget
from upcall.edge_runtime.cloud import Cloud
from upcall.edge_runtime.conversation import Message, as_conversation
from upcall.edge_runtime.decision.confidence import Threshold
from upcall.edge_runtime.decision.device_state import DeviceMonitor
from upcall.edge_runtime.decision.weighing import Prices
from upcall.edge_runtime.events import Approve, Event
from upcall.edge_runtime.language_model.model import LanguageModel
from upcall.edge_runtime.question import AskOptions, Parts, Question
from upcall.edge_runtime.redaction import Detector, Policy, Vault
from upcall.edge_runtime.turns import Turns


class Session:
    """One person's conversations with one model on one device.

    It holds the vault, so a value keeps its placeholder for as long as the session lives. The caller keeps the messages. It
    answers one question at a time: those of other threads wait their turn.

    Args:
        model: the device's; several sessions may share one.
        threshold: of its bundle; None where there is none, and a cascade then always calls.
        detector: finds what is private.
        policy: what to do with it; by default all is masked.
        cloud: where to call; None stays on the device.
        vault: to go on with; by default a new one.
        monitor: tells of the device; None leaves its state out of the decision.
        budget: of calls; None sets no limit.
        prices: what circumstances move the threshold by.
    """

    def __init__(
        self,
        *,
        model: LanguageModel,
        threshold: Threshold | None,
        detector: Detector,
        policy: Policy | None = None,
        cloud: Cloud | None = None,
        vault: Vault | None = None,
        monitor: DeviceMonitor | None = None,
        budget: Budget | None = None,
        prices: Prices | None = None,
    ) -> None:
        self._parts = Parts(
            model=model,
            threshold=threshold,
            detector=detector,
            policy=policy or Policy(),
            cloud=cloud,
            vault=vault or Vault(),
            monitor=monitor,
            budget=budget,
            prices=prices or Prices(),
        )
        self._turns = Turns()

    @property
    def vault(self) -> Vault:
        """The values that were masked, and their placeholders."""
        return self._parts.vault

    @property
    def detector(self) -> Detector:
        """What finds private words."""
        return self._parts.detector

    def use_detector(self, detector: Detector) -> None:
        """Look with another detector from the next question on."""
        self._parts = replace(self._parts, detector=detector)

    def ask(
        self,
        messages: Sequence[Message] | str,
        options: AskOptions | None = None,
        *,
        approve: Approve | None = None,
    ) -> Generator[Event, None, None]:
        """Answer the last message. Closing the generator stops the engine, here or in the cloud.

        Whatever fails after the checks becomes an event: the device's marked answer where there is one, else ``Failed``.

        Args:
            messages: of the conversation, the user's question last; a str is one user's message.
            options: what the question may take.
            approve: asked before anything leaves. What it edited is searched again, and if more had to be masked it is asked
                again: only what it has seen is sent. By default what is masked is sent.

        Raises:
            InputError: the conversation cannot be answered by any model.
        """
        return self._in_turn(as_conversation(messages), options or AskOptions(), approve)

    def close(self) -> None:
        """Free the model and the connection. Questions that wait their turn are refused."""
        self._turns.close()
        self._parts.model.close()
        if self._parts.cloud is not None:
            self._parts.cloud.close()

    def _in_turn(
        self, messages: tuple[Message, ...], options: AskOptions, approve: Approve | None
    ) -> Generator[Event, None, None]:
        with self._turns.take(), closing(Question(self._parts, messages, options, approve).events()) as events:
            for event in events:
                yield event
                self._turns.resume()
