"""On the real device model: the tokenizer against llama.cpp's, and a bundle that answers."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from upcall.edge_runtime.bundle import Bundle, open_bundle
from upcall.edge_runtime.chat_template import Piece
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.engines.onnx import OnnxEngine
from upcall.edge_runtime.errors import ModelError
from upcall.edge_runtime.models import find, model_path
from upcall.edge_runtime.sampling import log_softmax
from upcall.edge_runtime.tokenizer import Tokenizer
from upcall.export.gguf_file import read_gguf
from upcall.export.parity import PROMPTS, prose
from upcall.export.reference import Reference
from upcall.export.threshold import asker
from upcall.export.tokenizer_build import build_tokenizer

pytestmark = [pytest.mark.weights, pytest.mark.slow]

MODEL = "smollm2-135m-instruct"
ALPHABET = (
    "abc XYZ 0123456789 .,;:!?'\"()[]{}<>|/\\@#$%^&*-_=+~` \n\t\r  éüßñøæ ΑΒΓабв 北京大学 日本語 한국어 हिन्दी العربية עברית "
    "😀👩‍👩‍👧‍👦🇫🇷e\u0301\u00a0\u200b\u2028\u3000\ufeff½²Ⅷ٣"
)
TEXTS = (
    "12345 + 67890 = 80235",
    "3.14159, 1,000,000.50 €, 0x1F, 1e-9, 2024-06-30T12:00:00Z",
    "def f(x):\n    return {'a': x[0], \"b\": x ** 2}\n\n\nclass A:\n\tpass\n",
    "I'll we've they'd you're it's don't I'M WE'VE 'Tis",
    "   leading,  double   and trailing   ",
    "\n\n\n\r\n \t mixed \t\n",
    "<|im_end|> <|im_start|>user <|endoftext|> <repo_name>",
    "naïve café, 北京, Ελλάδα, हिन्दी, 👩‍👩‍👧‍👦 and e\u0301",
    "a" * 500,
    "9" * 200,
    " " * 100,
)
LLAMA_CPP = textwrap.dedent(
    """
    import http.client, json, sys, urllib.parse
    import xllamacpp
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.n_ctx, params.warmup = 64, False
    server = xllamacpp.Server(params)
    address = urllib.parse.urlsplit(server.listening_address)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    found = []
    for text in json.load(sys.stdin):
        body = json.dumps({"content": text, "add_special": False, "parse_special": False})
        connection.request("POST", "/tokenize", body, {"Content-Type": "application/json"})
        found.append(json.loads(connection.getresponse().read())["tokens"])
    print("TOKENS", json.dumps(found))
    """
)

LLAMA_CPP_NEXT = textwrap.dedent(
    """
    import http.client, json, sys, urllib.parse
    import xllamacpp
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.n_ctx, params.warmup = 256, False
    server = xllamacpp.Server(params)
    address = urllib.parse.urlsplit(server.listening_address)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    found = []
    for tokens in json.load(sys.stdin):
        body = json.dumps({"prompt": tokens, "n_predict": 1, "temperature": 0, "n_probs": 5, "post_sampling_probs": False})
        connection.request("POST", "/completion", body, {"Content-Type": "application/json"})
        found.append(json.loads(connection.getresponse().read())["completion_probabilities"][0]["top_logprobs"])
    print("NEXT", json.dumps(found))
    """
)


def real(name: str) -> Path:
    try:
        return model_path(find(name))
    except ModelError:
        pytest.skip(f"upcall pull {name}")


def sample_texts() -> list[str]:
    choose = random.Random(0)
    sentences = prose().replace("\n\n", " ").split(". ")
    texts = [*TEXTS, *sentences]
    while len(texts) < 1500:
        texts.append("".join(choose.choices(ALPHABET, k=choose.randrange(1, 40))))
    while len(texts) < 2000:
        texts.append(
            f"{choose.choice(sentences)} {choose.randrange(10 ** choose.randrange(1, 12))}{choose.choice(TEXTS)}"
        )
    return texts


@pytest.mark.parametrize("name", [MODEL, "qwen2.5-coder-0.5b-instruct"])
def test_tokenizer_agrees_with_llama_cpp(name: str, tmp_path: Path) -> None:
    model = real(name)
    texts = sample_texts()
    done = subprocess.run(
        [sys.executable, "-c", LLAMA_CPP, str(model)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(done.stdout.rpartition("TOKENS ")[2])
    build_tokenizer(read_gguf(model, with_weights=False).tokenizer).save(str(tmp_path / "tokenizer.json"))
    ours = Tokenizer(tmp_path / "tokenizer.json")
    differing = [
        text
        for text, tokens in zip(texts, theirs, strict=True)
        if ours.encode([Piece(text, is_template=False)]) != tokens
    ]
    assert not differing, f"{len(differing)} of {len(texts)}: {differing[:5]}"


@pytest.fixture(scope="module")
def bundle(device_bundle: Path) -> Bundle:
    return open_bundle(device_bundle)


def test_the_bundle_is_small_and_measured(bundle: Bundle) -> None:
    figures = {figure.name: figure.value for figure in bundle.manifest.figures}
    assert figures["size of the model"] <= 95
    assert figures["perplexity of prose-v1, this bundle"] <= 1.15 * figures["perplexity of prose-v1, float32"]
    calibration = bundle.manifest.threshold.calibration
    assert calibration.auroc >= 0.75
    assert calibration.kept_accuracy >= 0.8
    assert 0 < calibration.kept_share < 1


def test_the_bundle_answers(bundle: Bundle) -> None:
    shape = bundle.manifest.shape
    engine = OnnxEngine(bundle.model, context_length=shape.context_length, vocabulary_size=shape.vocabulary_size)
    ask = asker(
        engine,
        tokenizer=Tokenizer(bundle.tokenizer),
        template=bundle.template,
        stop_token_ids=bundle.stop_token_ids,
    )
    # The model alone is torn between Paris and other French words, in llama.cpp too; an example settles it.
    example = (Message(Role.USER, "What is the capital of Germany?"), Message(Role.ASSISTANT, "Berlin"))
    text, log_probs = ask([*example, Message(Role.USER, "What is the capital of France?")])
    assert "Paris" in text
    assert all(value <= 0 for value in log_probs)
    engine.close()


def test_the_weights_are_those_that_llama_cpp_sees(tmp_path: Path) -> None:
    """Graph and PyTorch share the reader of the file, so only a third program can tell whether it reads right.

    llama.cpp rounds activations to 8 bits, hence the tolerance; a wrong weight is off by several nats.
    """
    source = read_gguf(real(MODEL))
    tokenizer = build_tokenizer(source.tokenizer)
    prompts = [tokenizer.encode(text, add_special_tokens=False).ids for text in PROMPTS]
    done = subprocess.run(
        [sys.executable, "-c", LLAMA_CPP_NEXT, str(real(MODEL))],
        input=json.dumps(prompts),
        capture_output=True,
        text=True,
        check=True,
    )
    reference = Reference(source, cache=tmp_path)
    for prompt, theirs in zip(prompts, json.loads(done.stdout.rpartition("NEXT ")[2]), strict=True):
        ours = log_softmax(reference.step(prompt).logits)
        for token in theirs:
            assert ours[token["id"]] == pytest.approx(token["logprob"], abs=0.6)
