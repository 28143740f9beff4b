"""Puts a session together from a bundle on disk and the address of a cloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from upcall.edge_runtime.bundle import MODEL_ONNX, MODEL_PTE, Bundle, open_bundle
from upcall.edge_runtime.cloud import Cloud
from upcall.edge_runtime.downloads.catalogue import find
from upcall.edge_runtime.downloads.store import model_folder, read_verified
from upcall.edge_runtime.errors import BundleError, ModelError, RedactionError
from upcall.edge_runtime.home import upcall_home
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.edge_runtime.redaction import Detector, Policy
from upcall.edge_runtime.redaction.detector import NameFinder
from upcall.edge_runtime.session import Session

_DEFAULT_MODEL = "smollm2-135m-instruct"
NAME_MODEL = "rampart"
"""In the catalogue; finds names and addresses."""


class EngineName(StrEnum):
    """What runs the device model. AUTO takes ONNX Runtime where the bundle holds a graph, else ExecuTorch."""

    AUTO = "auto"
    ONNX = "onnx"
    EXECUTORCH = "executorch"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudOptions:
    """Where to call up.

    Args:
        target: ``HOST:PORT``.
        api_key: for the service; empty sends none.
        model: alias at the service; empty takes its default.
        use_tls: anything but loopback must.
        ca_certificate: PEM file of the authority to trust in place of the system's.
    """

    target: str
    api_key: str = field(default="", repr=False)
    model: str = ""
    use_tls: bool = False
    ca_certificate: Path | None = None


def default_bundle_path(engine: EngineName = EngineName.AUTO) -> Path:
    """Where ``upcall export`` puts the default device model for that engine."""
    recipe = "xnnpack_8da4w_g32" if engine is EngineName.EXECUTORCH else "onnx_int4_g32"
    return upcall_home() / "bundles" / f"{_DEFAULT_MODEL}-{recipe}"


def open_engine(bundle: Bundle, *, engine: EngineName = EngineName.AUTO, threads: int | None = None) -> Engine:
    """Load the bundle's model.

    Raises:
        BundleError: the bundle holds no model for that engine.
        MissingExtraError: the engine's package is not installed.
        EngineError: the model cannot be loaded.
    """
    if engine is EngineName.AUTO:
        engine = EngineName.ONNX if bundle.holds(MODEL_ONNX) else EngineName.EXECUTORCH
    name, other = (MODEL_ONNX, MODEL_PTE) if engine is EngineName.ONNX else (MODEL_PTE, MODEL_ONNX)
    if not bundle.holds(name):
        raise BundleError(
            f"The bundle {bundle.path.name} holds no {name}, which --engine {engine} runs; it holds {other}.",
            next_step=f"leave --engine out, or name with --bundle one that `upcall export MODEL --to {engine}` made",
        )
    shape = bundle.manifest.shape
    context_length, vocabulary_size = shape.context_length, shape.vocabulary_size
    if engine is EngineName.ONNX:
        from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine

        return OnnxEngine(bundle.model, context_length=context_length, vocabulary_size=vocabulary_size, threads=threads)
    from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine

    return ExecuTorchEngine(
        bundle.program, context_length=context_length, vocabulary_size=vocabulary_size, threads=threads
    )


def open_cloud(options: CloudOptions) -> Cloud:
    """Make a client. It connects at the first question.

    Raises:
        InputError: the target is malformed, or is not loopback and TLS is off.
    """
    from upcall.edge_runtime.escalation import CloudEndpoint, GrpcCloud

    return GrpcCloud(
        CloudEndpoint(
            target=options.target,
            api_key=options.api_key,
            model=options.model,
            use_tls=options.use_tls,
            ca_certificate=options.ca_certificate,
        )
    )


def has_name_model() -> bool:
    """Whether something of the name model is on this machine, whole or not."""
    entry = find(NAME_MODEL)
    return any((model_folder(entry) / file.path).exists() for file in entry.files)


def open_names() -> NameFinder:
    """Load the name model; every byte of it is hashed first (0.3 s in all).

    Raises:
        RedactionError: the model was not pulled, or is not what was pulled.
        MissingExtraError: onnxruntime or onnx is not installed.
    """
    entry = find(NAME_MODEL)
    try:
        read = {file.path: read_verified(entry, file) for file in entry.files if file.path != "LICENSE"}
    except ModelError as error:
        raise RedactionError(error.problem, next_step=error.next_step) from None
    from upcall.edge_runtime.engines.rampart import RampartClassifier
    from upcall.edge_runtime.redaction.names.finder import Names

    return Names(
        RampartClassifier(model=read["model_q4.onnx"], tokenizer=read["tokenizer.json"], config=read["config.json"])
    )


def open_session(
    *,
    bundle_path: Path | None = None,
    engine: EngineName = EngineName.AUTO,
    cloud: CloudOptions | None = None,
    policy: Policy | None = None,
    private_terms: Sequence[str] = (),
    names: bool | None = None,
    detector: Detector | None = None,
    threads: int | None = None,
) -> Session:
    """Verify the bundle, load its model and make a session.

    Args:
        bundle_path: a bundle's folder; by default the default device model's, for the engine.
        engine: what runs the model.
        cloud: where to call; None never calls.
        policy: what to do with private entities; by default all are masked.
        private_terms: words that are private for this user, beside what the rules find.
        names: whether names and addresses are looked for with the name model before a call. True must have it, False goes
            without, None takes it where it was pulled. Without a cloud it is not loaded.
        detector: in place of the one that ``private_terms`` and ``names`` describe.
        threads: of the engine; by default the physical cores.

    Raises:
        UpcallError: whatever of it cannot be had.
    """
    bundle = open_bundle(bundle_path or default_bundle_path(engine))
    tokenizer = Tokenizer(bundle.tokenizer)
    if detector is None:
        wanted = cloud is not None and (has_name_model() if names is None else names)
        detector = Detector(deny_terms=tuple(private_terms), names=open_names() if wanted else None)
    client = open_cloud(cloud) if cloud is not None else None
    return Session(
        engine=open_engine(bundle, engine=engine, threads=threads),
        tokenizer=tokenizer,
        template=bundle.template,
        stop_token_ids=bundle.stop_token_ids,
        threshold=bundle.threshold,
        detector=detector,
        policy=policy,
        cloud=client,
    )
