"""Opens a device bundle, and refuses one that is not exactly what its exporter wrote."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from google.protobuf import json_format

from upcall.edge_runtime.conversation import Role
from upcall.edge_runtime.decision.confidence import Signal, Threshold
from upcall.edge_runtime.decision.features import feature_count
from upcall.edge_runtime.errors import BundleError, BundleFault
from upcall.edge_runtime.language_model.chat_template import ChatTemplate, RoleFormat
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.protocol.v1 import bundle_pb2

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
MODEL_ONNX = "model.onnx"
MODEL_PTE = "model.pte"
TOKENIZER = "tokenizer.json"
_MAX_MANIFEST_BYTES = 1 << 20
VERSION_NUMBERS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}", re.ASCII)
"""The version of a runtime: up to four numbers."""
SIGNALS = {
    bundle_pb2.SIGNAL_MEAN_LOG_PROB: Signal.MEAN_LOG_PROB,
    bundle_pb2.SIGNAL_MIN_LOG_PROB: Signal.MIN_LOG_PROB,
    bundle_pb2.SIGNAL_ROUTER_POST: Signal.ROUTER_POST,
    bundle_pb2.SIGNAL_ROUTER_PRE: Signal.ROUTER_PRE,
}
"""The contract's signals as the runtime names them."""
STAGES = {bundle_pb2.ROUTER_STAGE_PRE: RouterStage.PRE, bundle_pb2.ROUTER_STAGE_POST: RouterStage.POST}
"""The contract's stages of router heads as the runtime names them."""
SIGNAL_TO_PROTO = {signal: number for number, signal in SIGNALS.items()}
STAGE_TO_PROTO = {stage: number for number, stage in STAGES.items()}
EXPORT_AGAIN = "copy the bundle anew or make it again with `upcall export`"
"""The next step where a bundle is damaged."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle. ``threshold`` is None when the exporter did not calibrate one; ``router_stages`` have a head."""

    path: Path
    manifest: bundle_pb2.BundleManifest
    template: ChatTemplate
    stop_token_ids: frozenset[int]
    threshold: Threshold | None
    router_stages: frozenset[RouterStage]

    @property
    def model(self) -> Path:
        """The ONNX graph; in a bundle that ``holds`` it."""
        return self.path / MODEL_ONNX

    @property
    def program(self) -> Path:
        """The ExecuTorch program; in a bundle that ``holds`` it."""
        return self.path / MODEL_PTE

    def holds(self, name: str) -> bool:
        """Whether the manifest lists a file of that name."""
        return any(entry.path == name for entry in self.manifest.files)

    @property
    def tokenizer(self) -> Path:
        """The tokenizer of the model."""
        return self.path / TOKENIZER


def open_bundle(path: Path) -> Bundle:
    """Read and verify a bundle: every file of the manifest and no other, each of its size and sha256, nothing outside.

    Raises:
        BundleError: the folder is missing, damaged, incomplete, edited, or of a schema version that this Upcall does not know.
    """
    if not path.is_dir():
        raise BundleError(
            f"There is no bundle at {path}.",
            fault=BundleFault.MISSING,
            next_step="upcall pull --device && upcall export smollm2-135m-instruct --to onnx (or executorch, for its engine)",
        )
    manifest = _read_manifest(path / MANIFEST)
    _check_versions(manifest)
    _check_files(path, manifest)
    stages = _router_stages(manifest)
    return Bundle(
        path=path,
        manifest=manifest,
        template=template_from_proto(manifest.chat_template),
        stop_token_ids=frozenset(manifest.stop_token_ids),
        threshold=_threshold(manifest, stages),
        router_stages=stages,
    )


def file_sha256(path: Path) -> str:
    """Lower-case hexadecimal SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def template_from_proto(given: bundle_pb2.ChatTemplate) -> ChatTemplate:
    """The runtime's form of the contract's chat template."""

    def form(role: bundle_pb2.RoleFormat) -> RoleFormat:
        return RoleFormat(prefix=role.prefix, suffix=role.suffix)

    return ChatTemplate(
        beginning=given.beginning,
        roles={Role.SYSTEM: form(given.system), Role.USER: form(given.user), Role.ASSISTANT: form(given.assistant)},
        generation_prefix=given.generation_prefix,
        default_system=given.default_system if given.HasField("default_system") else None,
    )


def _read_manifest(path: Path) -> bundle_pb2.BundleManifest:
    if path.is_symlink() or not path.is_file():
        raise BundleError(f"{path} is missing or not a plain file.", fault=BundleFault.MANIFEST, next_step=EXPORT_AGAIN)
    if path.stat().st_size > _MAX_MANIFEST_BYTES:
        raise BundleError(
            f"{path} is larger than 1 MiB, so it is no manifest.", fault=BundleFault.MANIFEST, next_step=EXPORT_AGAIN
        )
    try:
        text = path.read_text(encoding="utf-8")
        if text.lstrip()[:1] != "{":  # the parser takes an empty list for an empty message
            raise json_format.ParseError("no JSON object")
        manifest = json_format.Parse(text, bundle_pb2.BundleManifest())
    except (UnicodeDecodeError, json_format.ParseError) as error:
        raise BundleError(
            f"{path} is not a manifest that this Upcall can read.", fault=BundleFault.MANIFEST, next_step=EXPORT_AGAIN
        ) from error
    if manifest.schema_version != SCHEMA_VERSION:
        raise BundleError(
            f"{path} has schema version {manifest.schema_version}.",
            allowed=str(SCHEMA_VERSION),
            fault=BundleFault.VERSION,
            next_step="use the version of Upcall that made it, or export the model again",
        )
    return manifest


def _check_versions(manifest: bundle_pb2.BundleManifest) -> None:
    for runtime, least in manifest.least_runtime_versions.items():
        if not VERSION_NUMBERS.fullmatch(least):
            raise BundleError(
                f"The bundle asks for {runtime!r:.40} of no version that can be compared.",
                allowed="up to four numbers with dots between, for example 1.26.0",
                fault=BundleFault.RUNTIME,
                next_step=EXPORT_AGAIN,
            )


def _check_files(path: Path, manifest: bundle_pb2.BundleManifest) -> None:
    listed = {entry.path for entry in manifest.files}
    if len(listed) != len(manifest.files):
        raise BundleError(f"{path / MANIFEST} lists a file twice.", fault=BundleFault.LISTING, next_step=EXPORT_AGAIN)
    for name in listed:
        pure = PurePosixPath(name)
        if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\\" in name or str(pure) != name:
            raise BundleError(
                f"The bundle lists a file outside itself: {name!r}.",
                fault=BundleFault.PATH,
                next_step="do not use this bundle",
            )
    if TOKENIZER not in listed or not listed & {MODEL_ONNX, MODEL_PTE}:
        raise BundleError(
            "The bundle does not list a model and its tokenizer.",
            allowed=f"{TOKENIZER}, and {MODEL_ONNX} or {MODEL_PTE} or both",
            fault=BundleFault.LISTING,
            next_step=EXPORT_AGAIN,
        )
    found = set()
    for file in path.rglob("*"):
        if file.is_symlink():
            raise BundleError(
                f"The bundle holds a symbolic link: {file.name}.",
                fault=BundleFault.LINK,
                next_step="do not use this bundle",
            )
        if not file.is_dir():
            found.add(file.relative_to(path).as_posix())
    if extra := found - listed - {MANIFEST}:
        raise BundleError(
            f"The bundle holds files that its manifest does not list: {', '.join(sorted(extra))}.",
            fault=BundleFault.EXTRA,
            next_step=EXPORT_AGAIN,
        )
    for entry in manifest.files:
        file = path / entry.path
        if entry.path not in found:
            raise BundleError(f"The bundle lacks {entry.path}.", fault=BundleFault.LACKING, next_step=EXPORT_AGAIN)
        size = file.stat().st_size
        if size != entry.size_bytes:
            raise BundleError(
                f"{entry.path} has {size:,} bytes.",
                allowed=f"{entry.size_bytes:,}",
                fault=BundleFault.SIZE,
                next_step=EXPORT_AGAIN,
            )
        if file_sha256(file) != entry.sha256:
            raise BundleError(
                f"{entry.path} is damaged or edited: its sha256 differs.",
                fault=BundleFault.HASH,
                next_step=EXPORT_AGAIN,
            )


def _router_stages(manifest: bundle_pb2.BundleManifest) -> frozenset[RouterStage]:
    stages = [STAGES.get(head.stage) for head in manifest.router_heads]
    if None in stages or len(set(stages)) < len(stages):
        raise BundleError(
            "The bundle's router heads are not one of each stage.", fault=BundleFault.HEADS, next_step=EXPORT_AGAIN
        )
    known = frozenset(stage for stage in stages if stage is not None)
    for head in manifest.router_heads:
        wanted = feature_count(STAGES[head.stage], hidden_size=manifest.shape.hidden_size)
        if head.feature_count != wanted:
            raise BundleError(
                f"A router head of the bundle takes {head.feature_count:,} features.",
                allowed=f"{wanted:,}, what this Upcall gives it",
                fault=BundleFault.HEADS,
                next_step=EXPORT_AGAIN,
            )
    listed = {entry.path for entry in manifest.files}
    graphs = {f"{stage.method}.onnx" for stage in known} if MODEL_ONNX in listed else set()
    if graphs != {f"{stage.method}.onnx" for stage in RouterStage} & listed:
        raise BundleError(
            "The bundle's router heads are not those of its manifest.", fault=BundleFault.HEADS, next_step=EXPORT_AGAIN
        )
    return known


def _threshold(manifest: bundle_pb2.BundleManifest, stages: frozenset[RouterStage]) -> Threshold | None:
    if not manifest.HasField("threshold"):
        return None
    signal = SIGNALS.get(manifest.threshold.signal)
    if signal is None or signal.stage not in (None, *stages) or not manifest.threshold.value <= 0:
        raise BundleError(
            "The bundle's escalation threshold is not usable.", fault=BundleFault.THRESHOLD, next_step=EXPORT_AGAIN
        )
    return Threshold(signal=signal, value=manifest.threshold.value)
