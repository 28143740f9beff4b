"""``upcall export``: turn a model into a device bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upcall.edge_runtime.bundle import MANIFEST, open_bundle
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.home import upcall_home
from upcall.export.bundle.heads import bake, read_heads, shipped_heads
from upcall.export.checks.threshold import DEFAULT_TARGET
from upcall.export.pipeline import StageTime, export
from upcall.export.plan import ExportPlan, check_plan
from upcall.export.recipes import check_format, find_recipe
from upcall.export.sources.model_files import locate
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.heads.router_head import RouterHead

app = command_app()


@app.command(
    help=help_with_examples(
        "Turn a model into a device bundle: quantised, checked against PyTorch, its escalation threshold "
        "calibrated. A failed check writes no bundle.",
        "upcall export smollm2-135m-instruct --to onnx",
        "upcall export ./my-model.gguf --to onnx --out ./my-bundle",
        "upcall export Qwen/Qwen3-0.6B --revision main --to onnx --recipe onnx_int8",
        "upcall export smollm2-135m-instruct --to onnx,executorch",
        "upcall export ./my-bundle --router ./head.safetensors --out ./my-bundle-routed",
        "upcall export smollm2-135m-instruct --to onnx --dry-run",
    ),
)
def export_command(
    model: Annotated[
        str,
        typer.Argument(
            help="A pulled model of the catalogue, a GGUF file, a folder with safetensors, or ORGANISATION/NAME of a hub; or "
            "a bundle, which gets the router heads of --router, or those that come with Upcall.",
            show_default=False,
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMATS",
            help="onnx, executorch or both: onnx,executorch makes two bundles.",
            show_default=False,
        ),
    ] = "",
    recipe: Annotated[
        str, typer.Option("--recipe", help="How the weights are stored; by default in 4 bits.", show_default=False)
    ] = "",
    revision: Annotated[
        str, typer.Option("--revision", help="Branch, tag or commit of a hub's model [main].", show_default=False)
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The bundle's folder [UPCALL_HOME/bundles/NAME-RECIPE].")
    ] = None,
    router: Annotated[
        list[Path] | None,
        typer.Option("--router", metavar="HEAD", help="File of a trained router head; one for each stage."),
    ] = None,
    no_router: Annotated[
        bool, typer.Option("--no-router", help="Leave out the heads that come with Upcall for this model and recipe.")
    ] = False,
    target: Annotated[
        float,
        typer.Option("--target-kept-accuracy", help="Least share of right answers among those the device keeps."),
    ] = DEFAULT_TARGET,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and what it needs; write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a bundle that is there.")] = False,
) -> None:
    """Check the plan, run it, show what was measured."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if router and no_router:
        raise InputError("--router and --no-router were given together.", allowed="one of them")
    heads = read_heads(router) if router else () if no_router else None
    if (Path(model) / MANIFEST).is_file():
        _bake(console, Path(model), heads, to=to, out=out, dry_run=dry_run, force=force)
        return
    formats = [check_format(name.strip()) for name in to.split(",")]
    if len(formats) > 1 and (recipe or router):
        raise InputError(f"--to {to} was given with --recipe or --router.", allowed="one format, as they belong to one")
    recipes = [find_recipe(recipe, format=name) for name in formats]
    found = locate(model, revision=revision)
    plans = []
    for chosen in recipes:
        folder = out or upcall_home() / "bundles" / f"{found.name}-{chosen.name}"
        if out and len(formats) > 1:
            folder = out / chosen.name
        plans.append(
            ExportPlan(
                source=found.path,
                model_id=found.name,
                licence=found.licence,
                target=folder,
                recipe=chosen,
                target_kept_accuracy=target,
                force=force,
                revision=found.revision,
                heads=heads,
            )
        )
    for plan in plans:
        check_plan(plan)
    for plan in plans:
        if dry_run:
            _show(console, plan)
        else:
            manifest = _run(console, plan)
            _summary(console, manifest)
            console.print(f"bundle   {plan.target}")


def _show(console: Console, plan: ExportPlan) -> None:
    console.print(f"model    {plan.source}\nrecipe   {plan.recipe.name}: {plan.recipe.text}\nbundle   {plan.target}")
    console.print(
        f"needs    about {plan.disk_bytes / 1e6:,.0f} MB of disk for a while, up to {plan.memory_bytes / 1e6:,.0f} MB of "
        f"memory; the bundle takes up to {plan.bundle_bytes / 1e6:,.0f} MB"
    )


def _bake(
    console: Console,
    source: Path,
    heads: Sequence[RouterHead] | None,
    *,
    to: str,
    out: Path | None,
    dry_run: bool,
    force: bool,
) -> None:
    if heads is None and not to:
        heads = shipped_heads(open_bundle(source).manifest)
    if not heads or to:
        raise InputError(
            f"{source} is a bundle already"
            + ("." if to else ", and no router head that comes with Upcall is for its model and recipe."),
            allowed="--router HEAD, and no --to",
            next_step="name the model to export it anew",
        )
    stages = " and ".join(head.stage.method for head in heads)
    if dry_run:
        console.print(f"bundle   {source}\nrouter   {stages}\nto       {out or source}")
        return
    manifest = bake(source, heads, target=out or source, force=force)
    console.print(
        f"router   {stages}; calls the cloud below {manifest.threshold.value:.4f} nats\nbundle   {out or source}"
    )


def _run(console: Console, plan: ExportPlan) -> bundle_pb2.BundleManifest:
    """Export and show each stage as it ends; an interrupt says where it came."""
    current = ""
    with console.status("") as status:

        def show(stage: StageTime) -> None:
            nonlocal current
            current = stage.name
            if stage.seconds is None:
                status.update(stage.name)
            else:
                console.print(f"{stage.seconds:6.1f} s  {stage.name}")

        try:
            return export(plan, progress=show)
        except KeyboardInterrupt:
            console.print(f"Interrupted at the stage '{current}': no bundle was written, and nothing is left behind.")
            raise


def _summary(console: Console, manifest: bundle_pb2.BundleManifest) -> None:
    for row in (*manifest.checks, *manifest.figures):
        console.print(f"{row.value:10.4g} {row.unit}  {row.name}  {row.bound}")
    own = manifest.threshold.calibration
    console.print(
        f"threshold {manifest.threshold.value:.4f} on {bundle_pb2.Signal.Name(manifest.threshold.signal)}: local accuracy "
        f"{own.local_accuracy:.0%} of {own.question_count}, AUROC {own.auroc:.2f}, keeps {own.kept_share:.0%}, right "
        f"{own.kept_accuracy:.0%} of those"
    )
