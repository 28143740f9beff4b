"""Router heads: read and written as files, and computed in numpy, which is what a bundle's heads are measured against.

A head's file is safetensors. Its tensors are ``0.weight`` [N, F] and ``0.bias`` [N], ``1.weight``, … float32, layers of a
perceptron with ReLU between them; the last has one output, the logit of "the device's answer is right". What was done to the
features to standardise them is folded into the first layer. Its metadata say for what the head was trained, since it fits no
other quantisation: ``format``, ``stage`` (pre or post), ``model_revision``, ``recipe``; and ``threshold``, proto JSON of
upcall.protocol.v1.Threshold, which a head of stage pre may lack.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import json_format
from numpy.typing import NDArray

from upcall.edge_runtime.bundle import SIGNAL_TO_PROTO, STAGE_TO_PROTO, file_sha256
from upcall.edge_runtime.decision.features import STATISTICS, Statistic, feature_count
from upcall.edge_runtime.errors import InputError, require
from upcall.edge_runtime.files import write_atomically
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.output import unwritable

Array = NDArray[np.float32]
FORMAT = "upcall.router_head.v1"
SIGNALS = {signal.stage: number for signal, number in SIGNAL_TO_PROTO.items() if signal.stage is not None}
"""The signal of a head of each stage, as the contract numbers it."""
_PASSED = {RouterStage.PRE: Statistic.FIRST_LOG_PROB, RouterStage.POST: Statistic.MEAN_LOG_PROB}
_TRAIN_AGAIN = "train it again on outcomes of this bundle"


@dataclass(frozen=True, slots=True)
class RouterHead:
    """A function of features [F] to a log-probability.

    Args:
        stage: when it is asked.
        feature_count: F.
        layers: of a perceptron, weight [N, K] and bias [N] each; none passes one log-probability of the features on.
        model_revision, recipe: of the bundle on whose features it was trained.
        threshold: below which to call, for a trained head; one of stage PRE without a threshold informs and does not decide.
        revision: ``sha256:…`` of its file.
    """

    stage: RouterStage
    feature_count: int
    layers: tuple[tuple[Array, Array], ...] = field(default=(), repr=False)
    model_revision: str = ""
    recipe: str = ""
    threshold: bundle_pb2.Threshold | None = None
    revision: str = ""

    @property
    def passed(self) -> Statistic:
        """The feature that a head without layers passes on."""
        return _PASSED[self.stage]

    @property
    def passed_index(self) -> int:
        """The place of that feature among the features."""
        return STATISTICS[self.stage].index(self.passed)

    def evaluate(self, features: Array) -> float:
        """The log-probability, ≤ 0 nats, of features [F]: min(z, 0) − ln(1 + e^−|z|) of the logit z."""
        if not self.layers:
            return min(0.0, float(features[self.passed_index]))
        values: NDArray[Any] = features.astype(np.float64)
        for number, (weight, bias) in enumerate(self.layers):
            values = weight @ (values if number == 0 else np.maximum(values, 0)) + bias
        logit = float(values[0])
        return min(logit, 0.0) - float(np.log1p(np.exp(-abs(logit))))

    def described(self) -> bundle_pb2.RouterHead:
        """The head's entry in a bundle's manifest."""
        head = bundle_pb2.RouterHead(stage=STAGE_TO_PROTO[self.stage], feature_count=self.feature_count)
        if self.layers:
            head.revision = self.revision
        else:
            head.identity_of = self.passed
        return head

    def check_fits(self, manifest: bundle_pb2.BundleManifest) -> None:
        """Refuse a bundle other than the one that the head was trained for.

        Raises:
            InputError: model, recipe or number of features differ.
        """
        wanted = feature_count(self.stage, hidden_size=manifest.shape.hidden_size)
        for name, own, theirs in (
            ("model", self.model_revision, manifest.model.revision),
            ("recipe", self.recipe, manifest.recipe),
            ("number of features", self.feature_count, wanted),
        ):
            if own != theirs:
                raise InputError(
                    f"The router head was trained for another bundle: its {name} is {own}.",
                    allowed=str(theirs),
                    next_step=_TRAIN_AGAIN,
                )


def untrained(stage: RouterStage, *, hidden_size: int) -> RouterHead:
    """The head of a bundle for which nothing was trained: it passes on how sure the model is by its own log-probability."""
    return RouterHead(stage, feature_count(stage, hidden_size=hidden_size))


def save_head(head: RouterHead, path: Path) -> None:
    """Write a trained head's file. Its ``revision`` is not written: it is the file's hash.

    Raises:
        OutputError: the file cannot be written.
    """
    tensors: dict[str, Array] = {}
    for number, (weight, bias) in enumerate(head.layers):
        # safetensors writes the memory as it lies, whatever the strides say.
        tensors |= {f"{number}.weight": np.ascontiguousarray(weight), f"{number}.bias": np.ascontiguousarray(bias)}
    metadata = {
        "format": FORMAT,
        "stage": str(head.stage),
        "model_revision": head.model_revision,
        "recipe": head.recipe,
    }
    if head.threshold is not None:
        metadata["threshold"] = json_format.MessageToJson(head.threshold, indent=None)
    content = require("safetensors.numpy", extra="routing").save(tensors, metadata)
    with unwritable(path):
        write_atomically(path, content)


def read_head(path: Path) -> RouterHead:
    """Read and check a head's file.

    Raises:
        InputError: it is none, is damaged, or its layers or threshold are not usable.
    """
    if not path.is_file():
        raise InputError(f"There is no router head at {path}.", allowed="a file that `upcall route train` wrote")
    safetensors = require("safetensors", extra="routing")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
        if metadata.get("format") != FORMAT:
            raise InputError(
                f"{path} is no router head: its format is '{metadata.get('format', '')[:40]}'.", allowed=FORMAT
            )
        stage = RouterStage(metadata["stage"])
        layers = _layers(tensors, path)
        threshold = None
        if stage is RouterStage.POST or "threshold" in metadata:
            threshold = json_format.Parse(metadata["threshold"], bundle_pb2.Threshold())
            if not threshold.value <= 0:
                raise InputError(
                    f"The threshold of {path} is {threshold.value}.", allowed="a log-probability, 0 or less"
                )
            threshold.signal = SIGNALS[stage]
        return RouterHead(
            stage=stage,
            feature_count=layers[0][0].shape[1],
            layers=layers,
            model_revision=metadata["model_revision"],
            recipe=metadata["recipe"],
            threshold=threshold,
            revision=f"sha256:{file_sha256(path)}",
        )
    except (
        safetensors.SafetensorError,
        KeyError,
        ValueError,
        TypeError,
        json.JSONDecodeError,
        json_format.ParseError,
    ) as error:
        raise InputError(f"{path} is not a router head that can be read.", next_step=_TRAIN_AGAIN) from error


def _layers(tensors: dict[str, Array], path: Path) -> tuple[tuple[Array, Array], ...]:
    count = len(tensors) // 2
    names = {f"{number}.{part}" for number in range(count) for part in ("weight", "bias")}
    layers = [
        (tensors[f"{number}.weight"], tensors[f"{number}.bias"]) for number in range(count) if tensors.keys() == names
    ]
    widths = [weight.shape[0] for weight, _ in layers]
    if not layers or any(
        weight.ndim != 2 or bias.shape != weight.shape[:1] or (number and weight.shape[1] != widths[number - 1])
        for number, (weight, bias) in enumerate(layers)
    ):
        raise InputError(
            f"The layers of {path} do not fit each other.", allowed="0.weight [N, F], 0.bias [N], 1.weight [M, N], …"
        )
    if widths[-1] != 1:
        raise InputError(f"The last layer of {path} has {widths[-1]} outputs.", allowed="1, a logit")
    if any(array.dtype != np.float32 or not np.isfinite(array).all() for array in tensors.values()):
        raise InputError(f"The layers of {path} hold numbers that are not finite float32.", next_step=_TRAIN_AGAIN)
    return tuple(layers)
