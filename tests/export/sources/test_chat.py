"""Chat templates of four families, as their models ship them, in the contract's form."""

from __future__ import annotations

from pathlib import Path

import pytest
import tokenizers
import transformers

from tests.export.folder import write_tokenizer
from upcall.edge_runtime.bundle import template_from_proto
from upcall.edge_runtime.errors import ModelError
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.export.sources.chat import check_tokens, derive_template, starting_ids

LLAMA_3 = (
    "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
    " + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
    "{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
LLAMA_3_2 = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] | trim %}"
    "{% set messages = messages[1:] %}{% else %}{% set system = '' %}{% endif %}"
    "{{ '<|start_header_id|>system<|end_header_id|>\n\nToday Date: 26 Jul 2024\n\n' + system + '<|eot_id|>' }}"
    "{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
    " + message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
QWEN_3 = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}{% endif %}"
)
GEMMA_3 = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set first = messages[0]['content'] + '\n\n' %}"
    "{% set turns = messages[1:] %}{% else %}{% set first = '' %}{% set turns = messages %}{% endif %}"
    "{% for message in turns %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate') }}{% endif %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + (first if loop.first else '') + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)


@pytest.mark.parametrize(
    ("jinja", "same", "beginning", "default", "generation"),
    [
        (LLAMA_3, 36, "<bos>", None, "<|start_header_id|>assistant<|end_header_id|>\n\n"),
        (LLAMA_3_2, 36, "", "", "<|start_header_id|>assistant<|end_header_id|>\n\n"),
        (QWEN_3, 36, "", None, "<|im_start|>assistant\n<think>\n\n</think>\n\n"),
        (GEMMA_3, 18, "<bos>", None, "<start_of_turn>model\n"),
    ],
)
def test_families(jinja: str, same: int, beginning: str, default: str | None, generation: str) -> None:
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    derived = derive_template(transformers, tokenizer, jinja=jinja, special={"bos_token": "<bos>"})
    template = template_from_proto(derived.template)
    assert (derived.same, derived.samples) == (same, 36)
    assert (template.beginning, template.default_system, template.generation_prefix) == (beginning, default, generation)


@pytest.mark.parametrize(("jinja", "expected"), [(LLAMA_3, [1]), (LLAMA_3_2, [1]), (GEMMA_3, [1]), (QWEN_3, [])])
def test_texts_begin_as_conversations_do(jinja: str, expected: list[int]) -> None:
    words = {"<eos>": 0, "<bos>": 1, "<|im_start|>": 2}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocab=words, unk_token="<eos>"))
    for bos in ("<bos>", "<|im_start|>") if jinja is QWEN_3 else ("<bos>",):
        special = {"bos_token": bos}
        derived = derive_template(transformers, tokenizer, jinja=jinja, special=special)
        assert starting_ids(template_from_proto(derived.template), tokenizer, special=special) == expected


def test_a_template_that_leaves_a_message_out_is_refused() -> None:
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    with pytest.raises(ModelError, match="leaves out a message"):
        derive_template(transformers, tokenizer, jinja="{{ messages[-1]['content'] }}<end>", special={})


def test_a_tokenizer_that_sees_across_special_tokens_is_refused(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    original = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    template = template_from_proto(
        derive_template(transformers, original, jinja=QWEN_3, special={"eos_token": "<|im_end|>"}).template
    )
    ours = Tokenizer(tmp_path / "tokenizer.json")
    check_tokens(template, ours=ours, original=original)
    original.add_special_tokens([tokenizers.AddedToken("<|im_start|>", special=True, rstrip=True)])
    original.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=True)
    with pytest.raises(ModelError, match="cut out first"):
        check_tokens(template, ours=ours, original=original)
