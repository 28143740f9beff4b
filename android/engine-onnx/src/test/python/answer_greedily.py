"""What Python's engine answers: reads prompts (a JSON list of texts), writes token ids and what the router heads say."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from upcall.edge_runtime.bundle import MODEL_ONNX, Bundle, open_bundle
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.decision.features import AnswerFeatures, token_statistics
from upcall.edge_runtime.engines.opening import open_engine
from upcall.edge_runtime.language_model.engine import Engine, RouterStage
from upcall.edge_runtime.language_model.tokenizer import Tokenizer


def answer(engine: Engine, bundle: Bundle, prompt: list[int], *, count: int) -> dict[str, Any]:
    """At most so many greedy tokens after a prompt, by how much each was the likeliest, and what the router heads say."""
    engine.truncate(0)
    answered = AnswerFeatures()
    tokens = prompt
    chosen: list[int] = []
    margins: list[float] = []
    while len(chosen) < count and not bundle.stop_token_ids & set(tokens[-1:] if chosen else []):
        step = engine.forward(tokens)
        margins.append(token_statistics(step.logits, 0).margin)
        tokens = [int(step.logits.argmax())]
        chosen += tokens
        answered.add(step, tokens[0])
    features = {
        RouterStage.PRE: answered.pre(input_tokens=len(prompt)),
        RouterStage.POST: answered.post(is_complete=False),
    }
    heads = {
        stage.value: {"features": features[stage].tolist(), "score": engine.route(stage, features[stage])}
        for stage in RouterStage
        if stage in bundle.router_stages
    }
    return {"prompt": prompt, "tokens": chosen, "margins": margins, "heads": heads}


def main() -> None:
    bundle, count = open_bundle(Path(sys.argv[1])), int(sys.argv[2])
    tokenizer, engine = Tokenizer(bundle.tokenizer), open_engine(bundle)
    rendered = [bundle.template.render([Message(Role.USER, text)]) for text in json.load(sys.stdin)]
    answers = [answer(engine, bundle, tokenizer.encode(text), count=count) for text in rendered]
    shape = bundle.manifest.shape
    print(
        json.dumps(
            {
                "version": version("onnxruntime" if bundle.holds(MODEL_ONNX) else "executorch"),
                "context_length": shape.context_length,
                "vocabulary_size": shape.vocabulary_size,
                "answers": answers,
            }
        )
    )


if __name__ == "__main__":
    main()
