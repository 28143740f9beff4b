"""One question from its beginning to its end: mask, draft on the device, decide, call up, restore, fall back.

Each step gives a value (what may leave, the draft or why there is none), and the decision is a function of these values.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace

from upcall.edge_runtime.addresses import is_loopback
from upcall.edge_runtime.budget import Budget
from upcall.edge_runtime.cloud import Cloud, CloudQuestion, CloudUsage
from upcall.edge_runtime.conversation import FinishReason, Message, SamplingOptions, as_conversation
from upcall.edge_runtime.decision.budget import SPENT, BudgetState
from upcall.edge_runtime.decision.confidence import Signal, Threshold
from upcall.edge_runtime.decision.decide import Circumstances, Place, RouteDecision, Strategy, decide, needs_draft
from upcall.edge_runtime.decision.device_state import DeviceMonitor, DeviceState, Network
from upcall.edge_runtime.decision.features import AnswerFeatures
from upcall.edge_runtime.decision.weighing import Prices, check_quality_level
from upcall.edge_runtime.draft import Draft
from upcall.edge_runtime.errors import (
    EngineError,
    EscalationError,
    EscalationReason,
    InputError,
    RedactionError,
    UpcallError,
    check_type,
)
from upcall.edge_runtime.events import Approve, Decided, Done, Event, Failed, Redacted, Restored, Token, Usage
from upcall.edge_runtime.language_model.model import LanguageModel
from upcall.edge_runtime.redaction import Detector, Policy, RedactedMessages, StreamRestorer, Vault, redact_messages

MAX_COUNT = 2**31 - 1
"""The most that an option may count, so that every language and the wire can hold it."""
_BYTES_PER_TOKEN = 3
_TOKENS_PER_MESSAGE = 8
_UNSERVED = (EscalationReason.UNAVAILABLE, EscalationReason.UNAUTHENTICATED, EscalationReason.REFUSED)
"""Ends of a call for which no service charges."""
_MAX_EDITS = 100  # of one question before it leaves: an end for a program that never agrees with what it gets


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """What one question may take.

    Args:
        strategy: where it may be answered; its name is taken for it.
        sampling: how to choose tokens, on the device and in the cloud.
        max_output_tokens: most tokens of the answer, 1 to MAX_COUNT.
        cloud_timeout_ms: for the cloud's whole answer, 1 to MAX_COUNT.
        threshold: in place of the bundle's: call when the signal is below it.
        quality_level: 0 to 1: 0 answers on the device, 1 calls, ½ and None are as calibrated, and between them the threshold
            moves. The hard rules stand.

    Raises:
        InputError: a value outside its range, or of another type.
    """

    strategy: Strategy = Strategy.CASCADE
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    max_output_tokens: int = 256
    cloud_timeout_ms: int = 60_000
    threshold: float | None = None
    quality_level: float | None = None

    def __post_init__(self) -> None:
        check_quality_level(self.quality_level)
        try:
            object.__setattr__(self, "strategy", Strategy(self.strategy))
        except ValueError:
            raise InputError("The option strategy is not known.", allowed=", ".join(Strategy)) from None
        for name, kind in (("max_output_tokens", int), ("cloud_timeout_ms", int), ("sampling", SamplingOptions)):
            check_type(f"The option {name}", getattr(self, name), kind)
        check_type("The option threshold", self.threshold, int, float, type(None))
        if self.threshold is not None and math.isnan(self.threshold):
            raise InputError("The option threshold is not a number.", allowed="a score in nats, such as -0.5")
        for name in ("max_output_tokens", "cloud_timeout_ms"):
            if not 1 <= getattr(self, name) <= MAX_COUNT:
                raise InputError(f"The option {name} is {getattr(self, name)}.", allowed=f"1 to {MAX_COUNT:,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a session is made of, and what one question of it sees from its beginning to its end."""

    model: LanguageModel
    threshold: Threshold | None
    detector: Detector
    policy: Policy
    cloud: Cloud | None
    vault: Vault
    monitor: DeviceMonitor | None = None
    budget: Budget | None = None
    prices: Prices = field(default_factory=Prices)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Departure:
    """Whether and how the question may leave.

    Args:
        redacted: what would be sent; None where nothing may leave.
        is_blocked, detector_failed, is_declined: the hard rules that keep it here; see ``Circumstances``.
    """

    redacted: RedactedMessages | None = None
    is_blocked: bool = False
    detector_failed: bool = False
    is_declined: bool = False


_STAYS = _Departure()


class Question:
    """One run through the order of steps."""

    def __init__(
        self, parts: Parts, messages: tuple[Message, ...], options: AskOptions, approve: Approve | None
    ) -> None:
        self._parts = parts
        self._messages = messages
        self._options = options
        self._approve = approve
        self._start = time.perf_counter()
        self._device = DeviceState()
        self._budget = BudgetState()

    def events(self) -> Generator[Event, None, None]:
        """The events of all steps, in their order."""
        cloud = self._parts.cloud
        self._look_around()
        departure = (
            _STAYS if cloud is None or self._options.strategy is Strategy.LOCAL else self._masked(self._messages)
        )
        draft: Draft | UpcallError | None = None
        before_s = 0.0
        if needs_draft(self._circumstances(departure, draft)):
            draft = self._draft()
            before_s = self._elapsed_s()
            if isinstance(draft, Draft):
                draft = yield from self._drafted(draft)
        decision = decide(self._circumstances(departure, draft))
        if decision.place is Place.CLOUD and cloud is not None and self._approve is not None:
            departure = self._approved(departure, cloud, self._approve)
            decision = decide(self._circumstances(departure, draft))
        reserved = self._reserved() if decision.place is Place.CLOUD else 0.0
        if reserved is None:  # another program has spent the rest meanwhile
            self._budget = SPENT
        given = self._circumstances(departure, draft)
        decision = decide(given)
        yield Decided(decision, given)
        if decision.place is Place.DEVICE or cloud is None or departure.redacted is None:
            yield from self._answer_here(decision, draft, before_s=before_s)
            return
        called_s = self._elapsed_s()
        try:
            yield from self._answer_there(decision, cloud, departure.redacted, reserved=reserved or 0.0)
        except EscalationError as error:
            lost_s = self._elapsed_s() - called_s
            if error.reason in _UNSERVED:
                self._settled(lambda budget: budget.release(reserved or 0.0))
            given = self._circumstances(departure, draft, cloud_failed=True)
            decision = decide(given)
            yield Decided(decision, given)
            yield from self._answer_here(decision, draft, before_s=before_s, cloud_error=error, lost_s=lost_s)

    def _circumstances(
        self, departure: _Departure, draft: Draft | UpcallError | None, *, cloud_failed: bool = False
    ) -> Circumstances:
        """All that the decision may look at, as it is now."""
        return Circumstances(
            strategy=self._options.strategy,
            has_cloud=self._parts.cloud is not None,
            is_blocked=departure.is_blocked,
            detector_failed=departure.detector_failed,
            is_declined=departure.is_declined,
            score=draft.score if isinstance(draft, Draft) else None,
            threshold=self._threshold,
            local_failed=isinstance(draft, UpcallError),
            cloud_failed=cloud_failed,
            quality_level=self._options.quality_level,
            device=self._device,
            budget=self._budget,
            prices=self._parts.prices,
        )

    def _look_around(self) -> None:
        """Read the device's state and the budget, once for the whole question."""
        parts = self._parts
        if parts.monitor is not None:
            self._device = parts.monitor.read()
        if parts.cloud is not None and is_loopback(parts.cloud.address.rpartition(":")[0]):
            self._device = replace(self._device, network=Network.UNMETERED)  # whatever the network is
        if parts.budget is not None:
            self._budget = parts.budget.state(
                input_tokens=self._input_tokens, output_tokens=self._options.max_output_tokens
            )

    @property
    def _input_tokens(self) -> int:
        """About how many the cloud will count, before it has."""
        size_bytes = sum(len(message.content.encode(errors="replace")) for message in self._messages)
        return size_bytes // _BYTES_PER_TOKEN + _TOKENS_PER_MESSAGE * len(self._messages)

    def _reserved(self) -> float | None:
        """What was taken from the budget for the call; None where it is spent, or cannot be kept."""
        if self._parts.budget is None:
            return 0.0
        try:
            return self._parts.budget.reserve(
                input_tokens=self._input_tokens, output_tokens=self._options.max_output_tokens
            )
        except UpcallError:
            return None

    def _settled(self, settle: Callable[[Budget], None]) -> None:
        """Tell the budget how the call ended. Where that cannot be written, what was reserved stays taken."""
        if self._parts.budget is not None:
            with suppress(UpcallError):
                settle(self._parts.budget)

    @property
    def _threshold(self) -> float | None:
        if self._options.threshold is not None:
            return self._options.threshold
        return self._parts.threshold.value if self._parts.threshold is not None else None

    def _elapsed_s(self) -> float:
        return time.perf_counter() - self._start

    def _masked(self, messages: Sequence[Message], *, edited: bool = False) -> _Departure:
        """What would leave: fails closed, since what cannot be masked must not."""
        parts = self._parts
        try:
            redacted = redact_messages(
                messages, detector=parts.detector, vault=parts.vault, policy=parts.policy, edited=edited
            )
        except (RedactionError, InputError):
            return _Departure(detector_failed=True)
        return _Departure(redacted=redacted, is_blocked=redacted.is_blocked)

    def _approved(self, departure: _Departure, cloud: Cloud, approve: Approve) -> _Departure:
        """The messages the user approved, after re-checking any edit. Else the question stays."""
        for _ in range(_MAX_EDITS):
            if departure.redacted is None or departure.is_blocked:
                return departure
            shown = departure.redacted
            chosen = approve(_shown(shown, cloud))
            if chosen is None:
                break
            edited = tuple(chosen)
            if edited == shown.messages:
                return departure
            try:
                as_conversation(edited)
            except InputError:  # what was made of it is no conversation: nothing of it may leave
                break
            departure = self._masked(edited, edited=True)
            if departure.redacted is not None and departure.redacted.messages == edited:
                return departure
        return _Departure(is_declined=True)

    def _draft(self) -> Draft | UpcallError:
        """The device's answer, not begun yet, or why there can be none."""
        parts = self._parts
        signal = parts.threshold.signal if parts.threshold is not None else Signal.MEAN_LOG_PROB
        features = AnswerFeatures() if signal.stage else None
        try:
            local = parts.model.answer(
                self._messages,
                sampling=self._options.sampling,
                max_output_tokens=min(self._options.max_output_tokens, self._device.answer_limit_tokens or MAX_COUNT),
                observe=features.add if features else None,
            )
        except InputError as error:
            return error
        threshold = self._circumstances(_STAYS, None).adjusted_threshold
        return Draft(local, model=parts.model, signal=signal, features=features, threshold=threshold)

    def _drafted(self, draft: Draft) -> Generator[Event, None, Draft | UpcallError]:
        """The draft, until its score is known."""
        try:
            yield from _spoken(draft, until_lost=True)
        except EngineError as error:
            return error
        draft.settle()
        return draft

    def _answer_here(
        self,
        decision: RouteDecision,
        draft: Draft | UpcallError | None,
        *,
        before_s: float,
        cloud_error: EscalationError | None = None,
        lost_s: float = 0.0,
    ) -> Iterator[Event]:
        """The device's answer: the draft is emitted again only if the cloud was cut off."""
        if draft is None:
            draft, before_s = self._draft(), self._elapsed_s() - lost_s
        elif isinstance(draft, Draft) and cloud_error is not None and draft.local.answer:
            yield Token(draft.local.answer, Place.DEVICE)
        try:
            if isinstance(draft, UpcallError):
                raise draft
            yield from _spoken(draft, until_lost=False)
        except (EngineError, InputError) as error:
            yield Failed(cloud_error or error)
            return
        local = draft.local
        first_s = before_s + draft.first_text_s if draft.first_text_s is not None else None
        yield Usage(
            place=Place.DEVICE,
            input_tokens=local.input_tokens,
            output_tokens=local.output_tokens,
            time_to_first_token_ms=first_s * 1e3 if first_s is not None else None,
            total_ms=self._elapsed_s() * 1e3,
            tokens_per_s=draft.tokens_per_s,
            lost_ms=lost_s * 1e3,
        )
        finish_reason = local.finish_reason or FinishReason.STOP  # set where the text has ended, as it has here
        yield Done(answer=local.answer, decision=decision, finish_reason=finish_reason, cloud_error=cloud_error)

    def _answer_there(
        self, decision: RouteDecision, cloud: Cloud, redacted: RedactedMessages, *, reserved: float
    ) -> Iterator[Event]:
        yield _shown(redacted, cloud)
        question = CloudQuestion(
            request_id=str(uuid.uuid4()),
            redacted=redacted,
            strategy=self._options.strategy,
            decision=decision,
            sampling=self._options.sampling,
            max_output_tokens=self._options.max_output_tokens,
            timeout_ms=self._options.cloud_timeout_ms,
        )
        restorer = StreamRestorer(self._parts.vault)
        answer = ""
        usage: CloudUsage | None = None
        first_part_s: float | None = None
        first_text_s: float | None = None

        def spoken(text: str) -> Iterator[Event]:
            nonlocal answer, first_text_s
            if text:
                answer += text
                first_text_s = self._elapsed_s() if first_text_s is None else first_text_s
                yield Token(text, Place.CLOUD)

        with closing(cloud.generate(question)) as stream:  # leaving early cancels the call
            for part in stream:
                if isinstance(part, CloudUsage):
                    usage = part
                    continue
                first_part_s = self._elapsed_s() if first_part_s is None else first_part_s
                yield from spoken(restorer.feed(part.text))
        yield from spoken(restorer.flush())
        if usage is None:
            raise EscalationError("The cloud's answer did not end.", reason=EscalationReason.INTERRUPTED)
        input_tokens, output_tokens = usage.input_tokens, usage.output_tokens
        self._settled(lambda budget: budget.settle(reserved, input_tokens=input_tokens, output_tokens=output_tokens))
        yield Restored(restorer.restored_count, restorer.altered_count)
        made_s = self._elapsed_s() - first_part_s if first_part_s is not None else 0.0
        yield Usage(
            place=Place.CLOUD,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            time_to_first_token_ms=first_text_s * 1e3 if first_text_s is not None else None,
            total_ms=self._elapsed_s() * 1e3,
            tokens_per_s=(usage.output_tokens - 1) / made_s if usage.output_tokens > 1 and made_s > 0 else None,
        )
        yield Done(answer=answer, decision=decision, finish_reason=usage.finish_reason)


def _spoken(draft: Draft, *, until_lost: bool) -> Iterator[Event]:
    """What the device says from where it stopped, to its end or until the draft is lost."""
    for text in draft.pieces:
        if text:
            yield Token(text, Place.DEVICE)
        if until_lost and draft.is_lost:
            return


def _shown(redacted: RedactedMessages, cloud: Cloud) -> Redacted:
    return Redacted(
        address=cloud.address, messages=redacted.messages, masked=dict(redacted.masked), counts=redacted.counts
    )
