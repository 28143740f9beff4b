from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from tokenizers.pre_tokenizers import ByteLevel

from upcall.export.checks.samples import prose
from upcall.export.checks.threshold import load_set

HIDDEN, LAYERS, HEADS, KV_HEADS, INTERMEDIATE, CONTEXT = 64, 2, 4, 2, 96, 2048
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nBe brief.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
MERGES = ["t h", "Ġ a", "Ġ t", "i n", "e r", "Ġt h", "Ġth e", "1 2", "o n", "Ġ w"]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

WriteModel = Callable[..., Path]


def write_model(path: Path, **changes: Any) -> Path:
    """A GGUF file with random weights.

    Args:
        path: where.
        changes: ``architecture``, ``pre``, ``chat_template``, ``merges``, ``extra`` (name of one more tensor), ``tied``,
            ``spoilt`` (name of a tensor with an infinite number).
    """
    given: dict[str, Any] = {
        "architecture": "llama",
        "pre": "smollm",
        "chat_template": CHAT_TEMPLATE,
        "merges": MERGES,
        "extra": "",
        "tied": True,
        "spoilt": "",
    } | changes
    tokens = [*SPECIAL, *sorted(ByteLevel.alphabet()), *(merge.replace(" ", "") for merge in MERGES)]
    writer = gguf.GGUFWriter(str(path), given["architecture"])
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INTERMEDIATE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(given["pre"])
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(given["merges"])
    writer.add_eos_token_id(2)
    writer.add_string("general.license", "apache-2.0")
    if given["chat_template"]:
        writer.add_chat_template(given["chat_template"])
    for name, weight in _weights(len(tokens), **given).items():
        if name == given["spoilt"]:
            weight.flat[weight.size // 3] = np.inf
        writer.add_tensor(name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _weights(vocabulary: int, *, architecture: str, extra: str, tied: bool, **_: Any) -> dict[str, Any]:
    random = np.random.default_rng(0)

    def matrix(*shape: int) -> Any:
        return (random.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32)

    kv = KV_HEADS * HIDDEN // HEADS
    weights = {"token_embd.weight": matrix(vocabulary, HIDDEN), "output_norm.weight": 1 + matrix(HIDDEN)}
    if not tied:
        weights["output.weight"] = matrix(vocabulary, HIDDEN)
    for layer in range(LAYERS):
        own = {
            "attn_norm.weight": 1 + matrix(HIDDEN),
            "attn_q.weight": matrix(HIDDEN, HIDDEN),
            "attn_k.weight": matrix(kv, HIDDEN),
            "attn_v.weight": matrix(kv, HIDDEN),
            "attn_output.weight": matrix(HIDDEN, HIDDEN),
            "ffn_norm.weight": 1 + matrix(HIDDEN),
            "ffn_gate.weight": matrix(INTERMEDIATE, HIDDEN),
            "ffn_up.weight": matrix(INTERMEDIATE, HIDDEN),
            "ffn_down.weight": matrix(HIDDEN, INTERMEDIATE),
        }
        if architecture == "qwen2":
            own |= {"attn_q.bias": matrix(HIDDEN), "attn_k.bias": matrix(kv), "attn_v.bias": matrix(kv)}
        if architecture == "qwen3":
            own |= {f"attn_{part}_norm.weight": 1 + matrix(HIDDEN // HEADS) for part in "qk"}
        weights |= {f"blk.{layer}.{name}": weight for name, weight in own.items()}
    if extra:
        weights[extra] = matrix(HIDDEN)
    return weights


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UPCALL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def short_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports that ask a tenth of the questions and read a part of the prose, for tests of something else."""
    questions, sha256 = load_set()
    text = prose()[:600]
    for module in ("threshold", "parity"):
        monkeypatch.setattr(f"upcall.export.checks.{module}.load_set", lambda: (questions[::10], sha256))
    monkeypatch.setattr("upcall.export.checks.samples.prose", lambda: text)
