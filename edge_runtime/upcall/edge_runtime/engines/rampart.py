"""The Rampart token classifier on ONNX Runtime; needs the extra ``onnx``."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import numpy as np
import tokenizers

from upcall.edge_runtime.engines.rampart_graph import fast_graph
from upcall.edge_runtime.errors import RedactionError, require
from upcall.edge_runtime.redaction.names.decoding import Tokens

_MOST_TOKENS = 512  # positions that the model has, with the two special ones
_AGAIN = "upcall pull rampart --verify"


class RampartClassifier:
    """A ``redaction.names.Classifier``: names, addresses and identifiers, 17 types. May be shared between threads.

    Source: Rampart, © 2026 National Design Studio, CC-BY-4.0. Its weights run in a faster graph (``rampart_graph``).

    Args:
        model: the bytes of ``model_q4.onnx``.
        tokenizer: the bytes of ``tokenizer.json``, WordPiece.
        config: the bytes of ``config.json``, which names the labels.
        threads: that one text is worked on with; more than one rarely pays.

    Raises:
        MissingExtraError: onnxruntime or onnx is not installed.
        RedactionError: a file cannot be read, or is another model.
    """

    def __init__(self, *, model: bytes, tokenizer: bytes, config: bytes, threads: int = 1) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # belt and braces: the pinned version has no telemetry
        runtime = require("onnxruntime", extra="onnx")
        require("onnx", extra="onnx")
        try:
            self._labels = _labels(config)
            self._tokenizer = open_tokenizer(tokenizer)
            options = runtime.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            graph = fast_graph(model)
            self._session: Any = runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
            self._version = f"rampart.{hashlib.sha256(model).hexdigest()[:8]}"
            self.classify("Anna")
        except Exception as error:  # the bindings raise bare exceptions for any broken file
            raise RedactionError(
                f"The name model cannot be loaded ({type(error).__name__}).", next_step=_AGAIN
            ) from error

    @property
    def version(self) -> str:
        """``rampart.`` and the first characters of the model's SHA-256."""
        return self._version

    @property
    def labels(self) -> tuple[str, ...]:
        """``O``, ``B-NAME`` and ``I-NAME``, in the order of the probabilities."""
        return self._labels

    def classify(self, text: str) -> Tokens | None:
        """Tokens of a text of at least one character, special ones left out; None where it has more than 510.

        Args:
            text: valid Unicode.

        Raises:
            RedactionError: the model failed.
        """
        encoding = self._tokenizer.encode(text)
        ids = np.array([encoding.ids], dtype=np.int64)
        if ids.shape[1] > _MOST_TOKENS:
            return None
        try:
            scores = self._session.run(["logits"], {"input_ids": ids})[0][0, 1:-1]
        except Exception as error:  # the bindings raise bare exceptions, out of memory among them
            raise RedactionError(f"The name model failed ({type(error).__name__}).", next_step=_AGAIN) from error
        if scores.shape[1] != len(self._labels) or not np.isfinite(scores).all():
            raise RedactionError("The name model failed.", next_step=_AGAIN)
        np.exp(scores - scores.max(axis=1, keepdims=True), out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        return Tokens(np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)[1:-1], scores)


def open_tokenizer(content: bytes) -> tokenizers.Tokenizer:
    """The tokenizer of the name model, for whole texts in which "[MASK]" is text.

    Args:
        content: of ``tokenizer.json``.

    Vectors: proto/vectors/names_tokenizer.json
    """
    tokenizer = tokenizers.Tokenizer.from_buffer(content)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def _labels(config: bytes) -> tuple[str, ...]:
    named = json.loads(config)["id2label"]
    return tuple(named[str(index)] for index in range(len(named)))
