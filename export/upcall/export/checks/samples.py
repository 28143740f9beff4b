"""Texts that the rounding is tuned on, and the prose that perplexity is measured on."""

from __future__ import annotations

import json
from pathlib import Path

from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.language_model.chat_template import ChatTemplate, Piece
from upcall.edge_runtime.language_model.tokenizer import Tokenizer

CALIBRATION = Path(__file__).parents[1] / "calibration"


def prose() -> str:
    """The text on which perplexity is measured."""
    file = CALIBRATION / "prose-v1.json"
    return "\n\n".join(json.loads(file.read_text(encoding="utf-8")))


def rounding_samples(template: ChatTemplate, tokenizer: Tokenizer) -> list[list[int]]:
    """Token ids of the conversations on which the rounding to 4 bits is tuned: each a question and its answer."""
    file = CALIBRATION / "rounding-v1.json"
    return [
        tokenizer.encode((*template.render([Message(Role.USER, question)]), Piece(answer, is_template=False)))
        for question, answer in json.loads(file.read_text(encoding="utf-8"))
    ]
