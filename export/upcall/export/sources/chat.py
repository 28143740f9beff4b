"""A model's Jinja chat template as prefixes and suffixes, checked against the original on sample conversations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from upcall.edge_runtime.bundle import template_from_proto
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import ModelError
from upcall.edge_runtime.language_model.chat_template import ChatTemplate
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.protocol.v1 import bundle_pb2

_SYSTEM, _ASKED, _ANSWERED, _THEN = "How to be.", "What is asked.", "What is answered.", "What is asked then."
_TEXTS = (
    "What is the capital of France?",
    "Two spaces  inside, a tab\there",
    "line one\nline two\n\nline four",
    "naïve café, 北京, Ελλάδα, हिन्दी, 👩‍👩‍👧‍👦 and e\u0301",
    "def f(x):\n    return {'a': x[0], \"b\": x * 2}  # {{ not a template }} {% nor this %}",
    "0 12 345 6789 1,000.50 €",
)


def sample_conversations() -> tuple[tuple[Message, ...], ...]:
    """Conversations with and without a system message, of one turn and several, in many scripts."""
    samples = []
    for number, text in enumerate(_TEXTS):
        user = Message(Role.USER, text)
        answer = Message(Role.ASSISTANT, _TEXTS[(number + 1) % len(_TEXTS)])
        follow_up = Message(Role.USER, _TEXTS[(number + 2) % len(_TEXTS)])
        for opening in ((), (Message(Role.SYSTEM, _TEXTS[(number + 3) % len(_TEXTS)]),)):
            samples.append((*opening, user))
            samples.append((*opening, user, answer, follow_up))
            samples.append((*opening, user, answer, follow_up, answer, user))
    return tuple(samples)


@dataclass(frozen=True, slots=True)
class Derived:
    """A template and how often it writes what the model's own writes.

    Args:
        template: in the contract's form.
        same: sample conversations written alike.
        samples: all of them; where fewer are alike, the rest are those with a system message.
    """

    template: bundle_pb2.ChatTemplate
    same: int
    samples: int


def derive_template(transformers: Any, tokenizer: Any, *, jinja: str, special: Mapping[str, str]) -> Derived:
    """Find the prefixes and suffixes with which the model's own template writes a conversation.

    A model whose template merges the system message into the user's (Gemma) gets it as a user's message of its own.

    Args:
        transformers: the module.
        tokenizer: a ``tokenizers.Tokenizer``.
        jinja: the model's template.
        special: tokens that the template may name, such as ``eos_token``.

    Raises:
        ModelError: the model has no template, it does more than prefixes and suffixes can, or the two differ on a sample
            conversation.
    """
    if not jinja:
        raise ModelError("The model has no chat template.", allowed="an instruction-tuned model with a chat template")
    original = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=jinja, **special)

    def render(messages: Sequence[Message], *, is_open: bool = True) -> str:
        given = [{"role": str(message.role), "content": message.content} for message in messages]
        try:
            # Models that think aloud first are told not to: a device has no time for it. Other templates ignore the word.
            return str(
                original.apply_chat_template(
                    given, tokenize=False, add_generation_prompt=is_open, enable_thinking=False
                )
            )
        except Exception as error:  # Jinja's errors, and whatever a template raises on its own
            raise ModelError(
                "The model's chat template refuses a plain conversation.", allowed="a template that takes turns"
            ) from error

    template, has_system = _forms(render)
    ours = template_from_proto(template)
    same = 0
    samples = sample_conversations()
    for messages in samples:
        written = "".join(piece.text for piece in ours.render(messages))
        if written == render(messages):
            same += 1
        elif has_system or messages[0].role is not Role.SYSTEM:
            roles = ", ".join(message.role for message in messages)
            raise ModelError(
                f"The model's chat template is more than prefixes and suffixes: it differs on a conversation of {roles}.",
                allowed="templates whose turns are a prefix, the message and a suffix",
                next_step="export another model",
            )
    return Derived(template, same, len(samples))


def check_tokens(template: ChatTemplate, *, ours: Tokenizer, original: Any) -> None:
    """Refuse a tokenizer for which it matters that special tokens are cut out of a conversation first, as the device does.

    Args:
        template: of the bundle.
        ours: the device's tokenizer.
        original: the same as a ``tokenizers.Tokenizer``.

    Raises:
        ModelError: the ids of a sample conversation differ.
    """
    for messages in sample_conversations():
        pieces = template.render(messages)
        text = "".join(piece.text for piece in pieces)
        if ours.encode(pieces) != original.encode(text, add_special_tokens=False).ids:
            raise ModelError(
                "The model's tokenizer splits a conversation otherwise when its special tokens are cut out first.",
                allowed="tokenizers for which a special token stands alone",
                next_step="export another model",
            )


def starting_ids(template: ChatTemplate, tokenizer: Any, *, special: Mapping[str, str]) -> list[int]:
    """The token with which the model expects every text to begin, where there is one: it opens a conversation and no turn."""
    bos = special.get("bos_token", "")
    first = template.render([Message(Role.USER, _ASKED)])[0].text
    if not bos or not first.startswith(bos) or bos in template.roles[Role.ASSISTANT].prefix:
        return []
    return [int(tokenizer.token_to_id(bos))]


def _forms(render: Callable[..., str]) -> tuple[bundle_pb2.ChatTemplate, bool]:
    """The template, and whether the model's has a system message of its own, from conversations of known words."""
    asked, answered = Message(Role.USER, _ASKED), Message(Role.ASSISTANT, _ANSWERED)
    head, opened = _around(render((asked,)), _ASKED)
    _, user_suffix = _around(render((asked,), is_open=False), _ASKED)
    _, assistant_suffix = _around(render((asked, answered), is_open=False), _ANSWERED)
    between, _ = _around(render((asked, answered, Message(Role.USER, _THEN)))[len(head) :], _THEN)
    answer_prefix, answer_rest = _around(between.removeprefix(_ASKED), _ANSWERED)
    user_prefix = answer_rest.removeprefix(assistant_suffix)
    system_head, system_rest = _around(render((Message(Role.SYSTEM, _SYSTEM), asked)), _SYSTEM)
    system_suffix, _ = _around(system_rest, _ASKED)
    beginning = head.removesuffix(user_prefix)
    template = bundle_pb2.ChatTemplate(generation_prefix=opened.removeprefix(user_suffix))
    template.user.prefix, template.user.suffix = user_prefix, user_suffix
    template.assistant.prefix, template.assistant.suffix = answer_prefix.removeprefix(user_suffix), assistant_suffix
    if not user_prefix or not system_suffix.endswith(user_prefix):
        template.beginning = beginning
        template.system.prefix, template.system.suffix = user_prefix, user_suffix
        return template, False
    system_suffix = system_suffix.removesuffix(user_prefix)
    template.system.suffix = system_suffix
    default = beginning.removeprefix(system_head).removesuffix(system_suffix)
    if beginning == system_head + default + system_suffix:
        template.system.prefix, template.default_system = system_head, default
    else:
        template.beginning, template.system.prefix = beginning, system_head.removeprefix(beginning)
    return template, True


def _around(text: str, mark: str) -> tuple[str, str]:
    before, found, after = text.partition(mark)
    if not found:
        raise ModelError(
            "The model's chat template is more than prefixes and suffixes: it leaves out a message.",
            allowed="templates whose turns are a prefix, the message and a suffix",
            next_step="export another model",
        )
    return before, after
