"""Puts a session together from a bundle on disk and the address of a cloud."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from upcall.edge_runtime.budget import Budget, default_budget_path
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.decision.device_state import DeviceMonitor
from upcall.edge_runtime.device.linux import LinuxMonitor
from upcall.edge_runtime.downloads.catalogue import DEVICE_MODEL, find
from upcall.edge_runtime.downloads.store import model_folder, read_verified
from upcall.edge_runtime.engines.opening import DEFAULT_RECIPES, EngineName, engine_name, open_model
from upcall.edge_runtime.errors import ModelError, RedactionError, check_texts, check_type
from upcall.edge_runtime.home import upcall_home
from upcall.edge_runtime.redaction import Detector, Policy, Vault
from upcall.edge_runtime.redaction.detector import NameFinder
from upcall.edge_runtime.session import Session

if TYPE_CHECKING:
    from upcall.edge_runtime.escalation import CloudEndpoint  # brings gRPC

NAME_MODEL = "rampart"
"""In the catalogue; finds names and addresses."""


def default_bundle_path(engine: EngineName = EngineName.AUTO) -> Path:
    """Where ``upcall export`` puts the default device model for that engine."""
    recipe = DEFAULT_RECIPES[EngineName.ONNX if engine is EngineName.AUTO else engine]
    return upcall_home() / "bundles" / f"{DEVICE_MODEL}-{recipe}"


def has_name_model() -> bool:
    """Whether any file of the name model exists, complete or not."""
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


def open_detector(*, private_terms: Sequence[str] = (), names: bool | None = None) -> Detector:
    """The usual detector: the rules, the user's own terms, and the name model.

    Args:
        private_terms: words that are private for this user.
        names: whether names and addresses are looked for with the name model. True must have it, False goes without, None
            takes it where it was pulled.

    Raises:
        UpcallError: a term is not acceptable, or the model is wanted and cannot be had.
    """
    wanted = has_name_model() if names is None else names
    return Detector(
        deny_terms=check_texts("The list of private terms", private_terms), names=open_names() if wanted else None
    )


def open_session(
    *,
    bundle_path: Path | str | None = None,
    engine: EngineName = EngineName.AUTO,
    cloud: CloudEndpoint | None = None,
    policy: Policy | None = None,
    detector: Detector | None = None,
    vault: Vault | None = None,
    threads: int | None = None,
    monitor: DeviceMonitor | None = None,
    budget: Budget | None = None,
) -> Session:
    """Verify the bundle, load its model and make a session.

    Args:
        bundle_path: a bundle's folder; by default the default device model's, for the engine.
        engine: what runs the model.
        cloud: where to call; None never calls.
        policy: what to do with private entities; by default all are masked.
        detector: finds what is private before a call; by default ``open_detector()``, or the rules alone where there is no
            cloud and nothing can leave.
        vault: to go on with; by default a new one.
        threads: of the engine; by default the physical cores.
        monitor: tells of the device; by default what Linux tells.
        budget: of calls; by default the user's own, which ``upcall budget`` sets.

    Raises:
        UpcallError: whatever of it cannot be had.
    """
    check_type("The vault", vault, Vault, type(None))
    check_type("The policy", policy, Policy, type(None))
    check_type("The detector", detector, Detector, type(None))
    check_type("The bundle's path", bundle_path, Path, str, type(None))
    bundle = open_bundle(Path(bundle_path) if bundle_path else default_bundle_path(engine_name(engine)))
    if detector is None:
        detector = open_detector() if cloud is not None else Detector()
    client = None
    if cloud is not None:
        from upcall.edge_runtime.escalation import CloudEndpoint, GrpcCloud

        check_type("The cloud", cloud, CloudEndpoint)
        client = GrpcCloud(cloud)
    return Session(
        model=open_model(bundle, engine=engine, threads=threads),
        threshold=bundle.threshold,
        detector=detector,
        policy=policy,
        cloud=client,
        vault=vault,
        monitor=monitor or LinuxMonitor(),
        budget=budget or Budget(default_budget_path()),
    )
