"""Puts router heads into a bundle, a new one or one that is there: the language model stays as it is."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.errors import InputError, ModelError
from upcall.edge_runtime.language_model.engine import Engine, RouterStage
from upcall.export.bundle.folder import CARD, check_target, growing_bundle, seal
from upcall.export.formats.known import FORMATS
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.heads.router_head import RouterHead, read_head, untrained

MAX_HEAD_DIFFERENCE = 1e-3
_CHECK = "router heads vs their weights"
_SAMPLES = 8


def read_heads(paths: Sequence[Path]) -> tuple[RouterHead, ...]:
    """Read trained heads, at most one of each stage.

    Raises:
        InputError: one cannot be read, or two are of the same stage.
    """
    heads = tuple(read_head(path) for path in paths)
    if len({head.stage for head in heads}) < len(heads):
        raise InputError("Two router heads of the same stage were given.", allowed="one for pre, one for post")
    return heads


def shipped_heads(manifest: bundle_pb2.BundleManifest) -> tuple[RouterHead, ...]:
    """The heads that come with Upcall for this model in this quantisation; none for most (docs/routing.md)."""
    heads = [read_head(path) for path in sorted((Path(__file__).parents[1] / "heads").glob("*.safetensors"))]
    wanted = (manifest.model.revision, manifest.recipe)
    return tuple(head for head in heads if (head.model_revision, head.recipe) == wanted)


def all_stages(heads: Sequence[RouterHead], *, hidden_size: int) -> list[RouterHead]:
    """The heads given, and untrained ones for the other stages."""
    given = {head.stage: head for head in heads}
    return [given.get(stage) or untrained(stage, hidden_size=hidden_size) for stage in RouterStage]


def write_heads(heads: Sequence[RouterHead], folder: Path, manifest: bundle_pb2.BundleManifest) -> None:
    """Write heads into the models of a folder, in place of those of the same stages, and say so in the manifest.

    A head's threshold becomes the bundle's.
    """
    for form in FORMATS.values():
        if (folder / form.model_file).exists():
            form.write_heads(heads, folder)
    for head in sorted(heads, key=lambda head: head.stage is RouterStage.POST):  # of two, the one that knows the answer
        if head.threshold is not None:
            manifest.threshold.CopyFrom(head.threshold)
    described = {head.stage: head for head in (*manifest.router_heads, *(head.described() for head in heads))}
    del manifest.router_heads[:]
    manifest.router_heads.extend(described[stage] for stage in sorted(described))


def check_heads(engine: Engine, heads: Sequence[RouterHead]) -> bundle_pb2.Measurement:
    """The heads of an engine against numpy on features drawn at random.

    Raises:
        ModelError: they differ by more than MAX_HEAD_DIFFERENCE nats.
    """
    random = np.random.default_rng(0)
    worst = 0.0
    for head in heads:
        for _ in range(_SAMPLES):
            features = random.normal(size=head.feature_count).astype(np.float32)
            difference = abs(engine.route(head.stage, features) - head.evaluate(features))
            worst = max(worst, difference if np.isfinite(difference) else np.inf)
    if worst > MAX_HEAD_DIFFERENCE:
        raise ModelError(f"The check '{_CHECK}' failed: {worst:.3g} nats.", allowed=f"≤ {MAX_HEAD_DIFFERENCE:g}")
    return bundle_pb2.Measurement(name=_CHECK, value=worst, unit="nats", bound=f"≤ {MAX_HEAD_DIFFERENCE:g}")


def bake(source: Path, heads: Sequence[RouterHead], *, target: Path, force: bool = False) -> bundle_pb2.BundleManifest:
    """Make a bundle of one that is there, with other router heads and the threshold that belongs to them.

    Args:
        source: the bundle that the heads were trained for.
        heads: one or two, of different stages; the others stay.
        target: the new bundle's folder; may be the source's.
        force: replace a bundle that is there.

    Returns:
        The new manifest.

    Raises:
        BundleError: the source is damaged.
        InputError: a head fits another bundle, or the target must not be replaced.
        ModelError: a head computes otherwise than its weights say; nothing was written.
    """
    bundle = open_bundle(source)
    for head in heads:
        head.check_fits(bundle.manifest)
    check_target(target, force=force)
    manifest = bundle_pb2.BundleManifest()
    manifest.CopyFrom(bundle.manifest)
    del manifest.files[:]
    with growing_bundle(target) as folder:
        for entry in bundle.manifest.files:
            if entry.path != CARD:
                shutil.copy(bundle.path / entry.path, folder / entry.path)
        write_heads(heads, folder, manifest)
        checks = [check for check in manifest.checks if check.name != _CHECK]
        shape = manifest.shape
        for form in FORMATS.values():
            if bundle.holds(form.model_file):
                engine = form.open(
                    folder / form.model_file,
                    context_length=shape.context_length,
                    vocabulary_size=shape.vocabulary_size,
                )
                checks.append(check_heads(engine, heads))
                engine.close()
        del manifest.checks[:]
        manifest.checks.extend(checks)
        seal(folder, manifest)
    return manifest
