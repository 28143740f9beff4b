"""One function owns the order: ask on the device, decide, mask, call up, restore."""

from __future__ import annotations

import time
import uuid
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from upcall.edge_runtime.cloud import Cloud, CloudQuestion, CloudUsage, FinishReason
from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.decision.confidence import Signal, Threshold, score
from upcall.edge_runtime.decision.decide import Circumstances, Place, Reason, RouteDecision, Strategy, decide
from upcall.edge_runtime.decision.features import AnswerFeatures
from upcall.edge_runtime.errors import EngineError, EscalationError, InputError, RedactionError, UpcallError
from upcall.edge_runtime.events import Approve, Decided, Done, Event, Failed, Redacted, Restored, Token, Usage
from upcall.edge_runtime.language_model.chat_template import ChatTemplate, check_conversation
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.language_model.generation import LocalAnswer, PromptCache
from upcall.edge_runtime.language_model.sampling import SamplingOptions
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.edge_runtime.redaction import Detector, Policy, RedactedMessages, StreamRestorer, Vault, redact_messages

_MAX_EDITS = 100  # of one question before it leaves: an end for a program that never agrees with what it gets


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """What one question may take.

    Args:
        strategy: where it may be answered.
        sampling: how to choose tokens, on the device and in the cloud.
        max_output_tokens: most tokens of the answer, ≥ 1.
        cloud_timeout_ms: for the cloud's whole answer, ≥ 1.
        threshold: in place of the bundle's: call when the signal is below it.

    Raises:
        InputError: a value outside its range.
    """

    strategy: Strategy = Strategy.CASCADE
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    max_output_tokens: int = 256
    cloud_timeout_ms: int = 60_000
    threshold: float | None = None

    def __post_init__(self) -> None:
        for name in ("max_output_tokens", "cloud_timeout_ms"):
            if getattr(self, name) < 1:
                raise InputError(f"The option {name} is {getattr(self, name)}.", allowed="1 or more")


class Session:
    """One person's conversations with one model on one device. One question at a time; not thread-safe.

    It holds the vault, so a value keeps its placeholder for as long as the session lives. The caller keeps the messages.

    Args:
        engine, tokenizer, template, stop_token_ids, threshold: from one bundle.
        detector: finds what is private; may be replaced between questions.
        policy: what to do with it.
        cloud: where to call; None stays on the device.
        vault: to go on with; by default a new one.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        tokenizer: Tokenizer,
        template: ChatTemplate,
        stop_token_ids: frozenset[int],
        threshold: Threshold | None,
        detector: Detector,
        policy: Policy | None = None,
        cloud: Cloud | None = None,
        vault: Vault | None = None,
    ) -> None:
        self.vault = vault or Vault()
        self._cache = PromptCache(engine)
        self._tokenizer = tokenizer
        self._template = template
        self._stop_token_ids = stop_token_ids
        self._threshold = threshold
        self.detector = detector
        self._policy = policy or Policy()
        self._cloud = cloud

    def ask(
        self, messages: Sequence[Message], options: AskOptions | None = None, *, approve: Approve | None = None
    ) -> Generator[Event, None, None]:
        """Answer the last message. Closing the generator stops the engine, here or in the cloud.

        Whatever fails after the checks becomes an event: the device's marked answer where there is one, else ``Failed``.

        Args:
            messages: of the conversation, the user's question last.
            options: what the question may take.
            approve: asked before anything leaves. What it edited is searched again, and if more had to be masked it is asked
                again: only what it has seen is sent. By default what is masked is sent.

        Raises:
            InputError: the conversation cannot be answered by any model.
        """
        check_conversation(messages)
        return _Question(self, messages, options or AskOptions(), approve).events()

    def close(self) -> None:
        """Free the engine and the connection."""
        self._cache.engine.close()
        if self._cloud is not None:
            self._cloud.close()


class _Clock:
    """Wall-clock marks of one answer, for ``Usage``."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._first_token: float | None = None
        self._first_text: float | None = None

    def restart_answer(self) -> None:
        self._first_token = self._first_text = None

    def mark_token(self) -> None:
        """A token is there, though its text may be held back: part of a character, or of a placeholder."""
        if self._first_token is None:
            self._first_token = time.perf_counter()

    def mark_text(self) -> None:
        self.mark_token()
        if self._first_text is None:
            self._first_text = time.perf_counter()

    def usage(self, place: Place, *, input_tokens: int, output_tokens: int) -> Usage:
        now = time.perf_counter()
        streamed_s = now - self._first_token if self._first_token is not None else 0.0
        return Usage(
            place=place,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            time_to_first_token_ms=(self._first_text - self._start) * 1e3 if self._first_text is not None else None,
            total_ms=(now - self._start) * 1e3,
            tokens_per_s=(output_tokens - 1) / streamed_s if output_tokens > 1 and streamed_s > 0 else None,
        )


class _Question:
    """One run through the order of steps."""

    def __init__(
        self, session: Session, messages: Sequence[Message], options: AskOptions, approve: Approve | None
    ) -> None:
        self._session = session
        self._messages = messages
        self._options = options
        self._approve = approve
        self._clock = _Clock()
        self._local: LocalAnswer | None = None
        self._drafting: Iterator[str] = iter(())
        threshold = session._threshold
        self._signal = threshold.signal if threshold else Signal.MEAN_LOG_PROB
        self._features = AnswerFeatures() if self._signal.stage else None
        self._given = Circumstances(
            strategy=options.strategy,
            has_cloud=session._cloud is not None,
            threshold=options.threshold if options.threshold is not None else threshold.value if threshold else None,
        )
        self._local_error: UpcallError | None = None

    def events(self) -> Generator[Event, None, None]:
        may_leave = self._given.has_cloud and self._options.strategy is not Strategy.LOCAL
        redacted = self._redact(self._messages) if may_leave else None
        decision = decide(self._given)
        if decision.reason is Reason.NOT_CONFIDENT:  # else no draft is needed to know
            yield from self._draft()
            decision = decide(self._given)
        if decision.place is Place.CLOUD and redacted is not None and self._approve is not None:
            redacted = self._approved(redacted, self._approve)
            decision = decide(self._given)
        yield Decided(decision)
        if decision.place is Place.DEVICE:
            yield from self._answer_here(decision)
            return
        assert redacted is not None
        try:
            yield from self._answer_there(decision, redacted)
        except EscalationError as error:
            self._given = replace(self._given, cloud_failed=True)
            decision = decide(self._given)
            yield Decided(decision)
            yield from self._answer_here(decision, cloud_error=error)

    def _approved(self, redacted: RedactedMessages, approve: Approve) -> RedactedMessages | None:
        """What the user lets leave: what was shown, or what was made of it, searched again. Else the question stays."""
        for _ in range(_MAX_EDITS):
            chosen = approve(self._departure(redacted))
            if chosen is None:
                break
            edited = tuple(chosen)
            if edited == redacted.messages:
                return redacted
            check_conversation(edited)
            again = self._redact(edited, edited=True)
            if again is None or again.blocked or again.messages == edited:
                return again
            redacted = again
        self._given = replace(self._given, is_declined=True)
        return None

    def _departure(self, redacted: RedactedMessages) -> Redacted:
        assert self._session._cloud is not None
        return Redacted(
            address=self._session._cloud.address,
            messages=redacted.messages,
            masked=dict(redacted.masked),
            counts=redacted.counts,
        )

    def _redact(self, messages: Sequence[Message], *, edited: bool = False) -> RedactedMessages | None:
        session = self._session
        try:
            redacted = redact_messages(
                messages, detector=session.detector, vault=session.vault, policy=session._policy, edited=edited
            )
        except (RedactionError, InputError):  # what cannot be masked must not leave
            self._given = replace(self._given, detector_failed=True)
            return None
        self._given = replace(self._given, is_blocked=bool(redacted.blocked))
        return redacted

    def _draft(self) -> Iterator[Event]:
        """The local answer, until its score is known."""
        try:
            self._start_local()
            assert self._local is not None
            for text in self._drafting:
                if text:
                    self._clock.mark_text()
                    yield Token(text, Place.DEVICE)
                if self._is_lost(self._local):
                    break
        except (EngineError, InputError) as error:
            self._local, self._local_error = None, error
            self._given = replace(self._given, local_failed=True)
        else:
            self._given = replace(self._given, score=self._score(self._local))

    def _score(self, local: LocalAnswer) -> float | None:
        if self._features is None:
            return score(self._signal, local.log_probs)
        if self._signal is Signal.ROUTER_PRE:
            features = self._features.pre(input_tokens=local.input_tokens)
        else:
            features = self._features.post(is_complete=local.finish_reason is FinishReason.STOP)
        assert self._signal.stage is not None
        try:
            return self._session._cache.engine.route(self._signal.stage, features)
        except EngineError:  # then nothing speaks for the draft; it is kept in case the cloud fails
            return None

    def _is_lost(self, local: LocalAnswer) -> bool:
        """Whether it is already known that the draft will not do, so that it need not be finished."""
        if self._signal is Signal.MIN_LOG_PROB:  # it can only fall
            known = local.log_probs[-1] if local.log_probs else None
        elif (
            self._signal is Signal.ROUTER_PRE and local.output_tokens == 1
        ):  # the prompt was read, all that it looks at
            known = self._score(local)
            if known is None:
                return True
        else:
            return False
        return known is not None and self._given.threshold is not None and known < self._given.threshold

    def _start_local(self) -> None:
        session = self._session
        self._local = LocalAnswer(
            cache=session._cache,
            tokenizer=session._tokenizer,
            prompt=session._tokenizer.encode(session._template.render(self._messages)),
            stop_token_ids=session._stop_token_ids,
            sampling=self._options.sampling,
            max_output_tokens=self._options.max_output_tokens,
            features=self._features,
        )
        self._drafting = self._local.text()

    def _answer_here(self, decision: RouteDecision, *, cloud_error: EscalationError | None = None) -> Iterator[Event]:
        """The device's answer: what the draft has is repeated only after a cloud answer was cut off."""
        if cloud_error is not None and self._local is not None and self._local.answer:
            self._clock.restart_answer()
            self._clock.mark_text()
            yield Token(self._local.answer, Place.DEVICE)
        try:
            if self._local_error is not None:
                raise self._local_error
            if self._local is None:
                self._clock.restart_answer()
                self._start_local()
            for text in self._drafting:
                if text:
                    self._clock.mark_text()
                    yield Token(text, Place.DEVICE)
        except (EngineError, InputError) as error:
            yield Failed(cloud_error or error)
            return
        local = self._local
        assert local is not None and local.finish_reason is not None
        yield self._clock.usage(Place.DEVICE, input_tokens=local.input_tokens, output_tokens=local.output_tokens)
        yield Done(answer=local.answer, decision=decision, finish_reason=local.finish_reason, cloud_error=cloud_error)

    def _answer_there(self, decision: RouteDecision, redacted: RedactedMessages) -> Iterator[Event]:
        session = self._session
        assert session._cloud is not None
        yield self._departure(redacted)
        self._clock.restart_answer()
        question = CloudQuestion(
            request_id=str(uuid.uuid4()),
            redacted=redacted,
            strategy=self._options.strategy,
            decision=decision,
            sampling=self._options.sampling,
            max_output_tokens=self._options.max_output_tokens,
            timeout_ms=self._options.cloud_timeout_ms,
        )
        restorer = StreamRestorer(session.vault)
        answer: list[str] = []
        usage: CloudUsage | None = None
        with closing(session._cloud.generate(question)) as stream:  # leaving early cancels the call
            for part in stream:
                if isinstance(part, CloudUsage):
                    usage = part
                    continue
                self._clock.mark_token()
                if text := restorer.feed(part.text):
                    answer.append(text)
                    self._clock.mark_text()
                    yield Token(text, Place.CLOUD)
        if text := restorer.flush():
            answer.append(text)
            self._clock.mark_text()
            yield Token(text, Place.CLOUD)
        assert usage is not None  # the port promises it for a whole answer
        yield Restored(restorer.restored_count)
        yield self._clock.usage(Place.CLOUD, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
        yield Done(answer="".join(answer), decision=decision, finish_reason=usage.finish_reason)
