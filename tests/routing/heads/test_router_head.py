"""Files of router heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.export.heads import trained
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.heads.router_head import FORMAT, read_head, save_head

HIDDEN = 4
POST = RouterStage.POST


def test_a_head_is_read_as_it_was_written(tmp_path: Path) -> None:
    head = replace(trained(POST, hidden=HIDDEN), model_revision="sha256:0", recipe="onnx_int4_g32")
    save_head(head, tmp_path / "head.safetensors")
    again = read_head(tmp_path / "head.safetensors")
    assert again.revision.startswith("sha256:")
    assert (again.stage, again.feature_count, again.model_revision, again.recipe) == (
        POST,
        head.feature_count,
        "sha256:0",
        "onnx_int4_g32",
    )
    assert again.threshold == head.threshold
    features = np.ones(head.feature_count, dtype=np.float32)
    assert again.evaluate(features) == head.evaluate(features)


def test_a_transposed_matrix_is_written_as_it_reads(tmp_path: Path) -> None:
    head = trained(POST, hidden=HIDDEN)
    turned = replace(head, layers=tuple((np.asfortranarray(weight), bias) for weight, bias in head.layers))
    save_head(turned, tmp_path / "head.safetensors")
    for (ours, _), (theirs, _) in zip(read_head(tmp_path / "head.safetensors").layers, head.layers, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def write(path: Path, tensors: dict[str, Any] | None = None, **metadata: str) -> None:
    given = {"format": FORMAT, "stage": "pre", "model_revision": "", "recipe": ""} | metadata
    layers = {"0.weight": np.ones((1, 12), np.float32), "0.bias": np.ones(1, np.float32)}
    save_file(layers if tensors is None else tensors, path, given)


def whole(path: Path) -> bytes:
    write(path)
    return path.read_bytes()


ONES = np.ones((2, 12), np.float32)
BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "absent": (lambda path: None, "no router head at"),
    "text": (lambda path: path.write_text("{}"), "cannot|can be read|not a router head"),
    "cut": (lambda path: path.write_bytes(whole(path)[:-4]), "not a router head"),
    "another format": (lambda path: write(path, format="lora"), "format is 'lora'"),
    "no format": (lambda path: save_file({"0.weight": ONES}, path), "format is ''"),
    "another stage": (lambda path: write(path, stage="during"), "not a router head"),
    "no threshold": (lambda path: write(path, stage="post"), "not a router head"),
    "a positive threshold": (lambda path: write(path, stage="post", threshold='{"value": 1}'), "threshold of .* is 1"),
    "a threshold that is no number": (lambda path: write(path, stage="post", threshold='{"value": "NaN"}'), "is nan"),
    "half a threshold": (lambda path: write(path, stage="post", threshold='{"value": '), "not a router head"),
    "no layers": (lambda path: write(path, {}), "do not fit"),
    "no bias": (lambda path: write(path, {"0.weight": ONES}), "do not fit"),
    "a missing layer": (lambda path: write(path, {"1.weight": ONES, "1.bias": ONES[:, 0]}), "do not fit"),
    "a bias of another size": (lambda path: write(path, {"0.weight": ONES, "0.bias": ONES[0]}), "do not fit"),
    "a vector": (lambda path: write(path, {"0.weight": ONES[0], "0.bias": ONES[:, 0]}), "do not fit"),
    "layers of other sizes": (
        lambda path: write(path, {"0.weight": ONES, "0.bias": ONES[:, 0], "1.weight": ONES[:1], "1.bias": ONES[:1, 0]}),
        "do not fit",
    ),
    "two outputs": (lambda path: write(path, {"0.weight": ONES, "0.bias": ONES[:, 0]}), "has 2 outputs"),
    "doubles": (
        lambda path: write(path, {"0.weight": ONES[:1].astype(np.float64), "0.bias": np.ones(1)}),
        "not finite float32",
    ),
    "not a number": (
        lambda path: write(path, {"0.weight": ONES[:1] * np.nan, "0.bias": ONES[:1, 0]}),
        "not finite float32",
    ),
}


@pytest.mark.parametrize("damage", BAD)
def test_files_that_are_refused(damage: str, tmp_path: Path) -> None:
    make, text = BAD[damage]
    path = tmp_path / "head.safetensors"
    make(path)
    with pytest.raises(InputError, match=text):
        read_head(path)


def test_a_head_of_stage_pre_may_decide(tmp_path: Path) -> None:
    write(tmp_path / "informs")
    write(tmp_path / "decides", threshold='{"value": -0.5}')
    assert read_head(tmp_path / "informs").threshold is None
    decides = read_head(tmp_path / "decides").threshold
    assert decides == bundle_pb2.Threshold(signal=bundle_pb2.SIGNAL_ROUTER_PRE, value=-0.5)
