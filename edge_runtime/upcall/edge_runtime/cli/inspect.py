"""``upcall inspect``: what is in a bundle?"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf import json_format
from rich.console import Console

from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.protocol.v1 import bundle_pb2

app = command_app()


@app.command(
    help=help_with_examples(
        "Show what a bundle is: model, recipe, shape, files, threshold and how it was calibrated, checks and "
        "figures. Its files are verified first.",
        "upcall inspect ~/.cache/upcall/bundles/smollm2-135m-instruct-onnx_int4_g32",
        "upcall inspect ./my-bundle --json",
    ),
)
def inspect_command(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle's folder.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest, nothing else.")] = False,
) -> None:
    """Print the manifest for people or for programs."""
    manifest = open_bundle(bundle).manifest
    if as_json:
        sys.stdout.write(json_format.MessageToJson(manifest, ensure_ascii=False) + "\n")
        return
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for line in describe_bundle(manifest):
        console.print(line)


def describe_bundle(manifest: bundle_pb2.BundleManifest) -> Iterator[str]:
    """Lines for people."""
    model, shape = manifest.model, manifest.shape
    yield f"model      {model.id or '(no name)'}"
    yield f"weights    {model.revision or '(unknown)'}, licence {model.licence or '(unknown)'}"
    yield f"recipe     {manifest.recipe or '(none)'}, made {manifest.created_at or '(unknown)'}"
    yield (
        f"shape      {shape.layer_count} layers, hidden size {shape.hidden_size:,}, {shape.key_value_head_count} key-value "
        f"heads of {shape.head_size}, vocabulary {shape.vocabulary_size:,}, context {shape.context_length:,} tokens"
    )
    yield f"stops at   token {', '.join(map(str, manifest.stop_token_ids)) or '(none)'}"
    runtimes = [f"{name} {least} or later" for name, least in sorted(manifest.least_runtime_versions.items())]
    yield f"runs on    {', '.join(runtimes) or '(unknown)'}"
    yield from _threshold(manifest)
    for head in manifest.router_heads:
        stage = bundle_pb2.RouterStage.Name(head.stage).removeprefix("ROUTER_STAGE_").lower()
        kind = head.revision or f"untrained, passes on {head.identity_of}"
        yield f"router     {stage}: {kind}"
    yield "files"
    for entry in manifest.files:
        yield f"  {entry.size_bytes:>14,} B  {entry.sha256[:16]}…  {entry.path}"
    yield from _measurements("checks", manifest.checks)
    yield from _measurements("figures", manifest.figures)
    yield "made with  " + ", ".join(f"{name} {version}" for name, version in sorted(manifest.tool_versions.items()))


def _threshold(manifest: bundle_pb2.BundleManifest) -> Iterator[str]:
    if not manifest.HasField("threshold"):
        yield "calls up   never by itself: no threshold was calibrated"
        return
    own, given = manifest.threshold, manifest.threshold.calibration
    signal = bundle_pb2.Signal.Name(own.signal).removeprefix("SIGNAL_").lower()
    yield f"calls up   when {signal} is below {own.value:.4f} nats"
    target = f" (target {given.target_kept_accuracy:.0%})" if given.target_kept_accuracy else ""
    if given.question_count:
        yield (
            f"           calibrated on {given.question_count} questions of {given.set_name}: {given.local_accuracy:.0%} right, "
            f"AUROC {given.auroc:.2f}, keeps {given.kept_share:.0%}, of those {given.kept_accuracy:.0%} right{target}"
        )


def _measurements(title: str, rows: Iterable[bundle_pb2.Measurement]) -> Iterator[str]:
    yield title
    for row in rows:
        yield f"  {row.value:>12.5g} {row.unit:<15} {row.name}{f'  ({row.bound})' if row.bound else ''}"
