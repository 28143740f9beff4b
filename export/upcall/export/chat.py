"""A model's Jinja chat template as prefixes and suffixes, checked against the original on sample conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from upcall.edge_runtime.bundle import template_from_proto
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.errors import ModelError
from upcall.protocol.v1 import bundle_pb2

_TURN_START, _TURN_END = "<|im_start|>", "<|im_end|>"
_MARK = "What is asked."
_TEXTS = (
    "What is the capital of France?",
    "Two spaces  inside, a tab\there",
    "line one\nline two\n\nline four",
    "naïve café, 北京, Ελλάδα, हिन्दी, 👩‍👩‍👧‍👦 and e\u0301",
    "def f(x):\n    return {'a': x[0], \"b\": x * 2}  # {{ not a template }} {% nor this %}",
    "0 12 345 6789 1,000.50 €",
)


def sample_conversations() -> tuple[tuple[Message, ...], ...]:
    """With and without a system message, one turn and several, in many scripts."""
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


def derive_template(transformers: Any, tokenizer: Any, *, jinja: str, eos: str) -> bundle_pb2.ChatTemplate:
    """Find the ChatML template that writes what the model's own writes.

    Args:
        transformers: the module.
        tokenizer: a ``tokenizers.Tokenizer``.
        jinja: the model's template.
        eos: the token that the template may name.

    Raises:
        ModelError: the model has no template, it is not ChatML, or the two differ on a sample conversation.
    """
    if not jinja:
        raise ModelError("The model has no chat template.", allowed="an instruction-tuned model with a ChatML template")
    original = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=jinja, eos_token=eos)

    def render(messages: Sequence[Message]) -> str:
        given = [{"role": str(message.role), "content": message.content} for message in messages]
        try:
            return str(original.apply_chat_template(given, tokenize=False, add_generation_prompt=True))
        except Exception as error:  # Jinja's errors, and whatever a template raises on its own
            raise ModelError(
                "The model's chat template refuses a plain conversation.", allowed="a ChatML template"
            ) from error

    template = _chat_ml(render((Message(Role.USER, _MARK),)))
    ours = template_from_proto(template)
    for messages in sample_conversations():
        written = "".join(piece.text for piece in ours.render(messages))
        if written != render(messages):
            roles = ", ".join(message.role for message in messages)
            raise ModelError(
                f"The model's chat template is not plain ChatML: it differs on a conversation of {roles}.",
                allowed="templates whose turns are a prefix, the message and a suffix",
                next_step="export another model",
            )
    return template


def _chat_ml(rendered: str) -> bundle_pb2.ChatTemplate:
    """ChatML with the default system message that the template wrote before a lone user message."""
    template = bundle_pb2.ChatTemplate(generation_prefix=f"{_TURN_START}assistant\n")
    for role, form in (("system", template.system), ("user", template.user), ("assistant", template.assistant)):
        form.prefix, form.suffix = f"{_TURN_START}{role}\n", f"{_TURN_END}\n"
    before = rendered.partition(template.user.prefix + _MARK)[0]
    if before.startswith(template.system.prefix) and before.endswith(template.system.suffix):
        template.default_system = before.removeprefix(template.system.prefix).removesuffix(template.system.suffix)
    return template
