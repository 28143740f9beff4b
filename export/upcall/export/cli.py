"""``upcall export``: turn a model into a device bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upcall.edge_runtime.home import upcall_home
from upcall.export.model_files import locate
from upcall.export.pipeline import ExportPlan, StageTime, check_plan, export
from upcall.export.recipes import check_format, find_recipe
from upcall.export.threshold import DEFAULT_TARGET
from upcall.protocol.v1 import bundle_pb2

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(
    help="Turn a model into a device bundle: quantised, checked against PyTorch, its escalation threshold calibrated. "
    "A failed check writes no bundle.\n\n"
    "Examples:\n\n"
    "  upcall export smollm2-135m-instruct --to onnx\n\n"
    "  upcall export ./my-model.gguf --to onnx --out ./my-bundle\n\n"
    "  upcall export Qwen/Qwen3-0.6B --revision main --to onnx --recipe onnx_int8\n\n"
    "  upcall export smollm2-135m-instruct --to executorch\n\n"
    "  upcall export smollm2-135m-instruct --to onnx --dry-run",
)
def export_command(
    model: Annotated[
        str,
        typer.Argument(
            help="A pulled model of the catalogue, a GGUF file, a folder with safetensors, or ORGANISATION/NAME of a hub.",
            show_default=False,
        ),
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="Format of the model: onnx or executorch.", show_default=False)
    ],
    recipe: Annotated[
        str, typer.Option("--recipe", help="How the weights are stored; by default in 4 bits.", show_default=False)
    ] = "",
    revision: Annotated[
        str, typer.Option("--revision", help="Branch, tag or commit of a hub's model [main].", show_default=False)
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The bundle's folder [UPCALL_HOME/bundles/NAME-RECIPE].")
    ] = None,
    target: Annotated[
        float,
        typer.Option("--target-kept-accuracy", help="Least share of right answers among those the device keeps."),
    ] = DEFAULT_TARGET,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and what it needs; write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a bundle that is there.")] = False,
) -> None:
    """Check the plan, run it, show what was measured."""
    check_format(to)
    chosen = find_recipe(recipe, format=to)
    found = locate(model, revision=revision)
    target_folder = out or upcall_home() / "bundles" / f"{found.name}-{chosen.name}"
    plan = ExportPlan(found.path, found.name, found.licence, target_folder, chosen, target, force, found.revision)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if dry_run:
        check_plan(plan)
        console.print(f"model    {plan.source}\nrecipe   {chosen.name}: {chosen.text}\nbundle   {plan.target}")
        console.print(
            f"needs    about {plan.disk_bytes / 1e6:,.0f} MB of disk for a while, up to {plan.memory_bytes / 1e6:,.0f} MB of "
            f"memory; the bundle takes up to {plan.bundle_bytes / 1e6:,.0f} MB"
        )
        return
    manifest = _run(console, plan)
    _summary(console, manifest)
    console.print(f"bundle   {plan.target}")


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
