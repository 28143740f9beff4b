"""``upcall route collect``: real answers of every tier, graded, as an outcome table."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from upcall.edge_runtime.bundle import MODEL_ONNX, MODEL_PTE, open_bundle
from upcall.edge_runtime.cli import options as shared
from upcall.edge_runtime.cli.commands import command_app, help_with_examples
from upcall.edge_runtime.conversation import Message
from upcall.edge_runtime.engines.opening import EngineName, open_model
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.escalation import CloudEndpoint, GrpcCloud
from upcall.edge_runtime.opening import default_bundle_path
from upcall.edge_runtime.redaction import Action, Detector, EntityType, Policy, Vault, redact_messages
from upcall.edge_runtime.session import Session
from upcall.routing.cli.pairs import named_numbers, named_texts
from upcall.routing.collect import AskTier, Journal, assemble, cloud_tier, collect, device_tier
from upcall.routing.datasets.tasks import TASKS, Query, load_queries
from upcall.routing.output import check_file, made_folder, unwritable
from upcall.routing.tables.parquet import write_table

DEVICE = "device"

app = command_app()

TierOption = Annotated[
    list[str] | None,
    typer.Option("--tier", metavar="NAME=HOST:PORT", help="A cloud model, from small to large. May be repeated."),
]


@app.command(
    help=help_with_examples(
        "Ask the device's model and each cloud model the same questions, grade the answers, and write an outcome "
        "table with the features of the device's model. Private words are masked on the way to the cloud, as "
        "always. What was asked is kept in a journal beside the table: after an interrupt the same command goes "
        "on where it was, and with more --queries it asks only what is new.",
        "upcall cloud --port 50052 --model qwen2.5-coder-1.5b-instruct --max-output-tokens 256 &",
        "upcall route collect --data DATA --tier large=127.0.0.1:50052 --cost device=0.09 --out outcomes.parquet",
        "upcall route collect --data DATA --tasks sst2,trec --queries 50 --tier small=127.0.0.1:50051 --cost "
        "small=.32 --tier large=127.0.0.1:50052 --cost device=.09 --out three.parquet",
    ),
)
def collect_command(
    out: Annotated[Path, typer.Option(help="The table, a Parquet file; its journal is OUT.journal.jsonl.")],
    tier: TierOption = None,
    data: Annotated[
        Path | None, typer.Option(envvar="UPCALL_DATA", help="Folder with tasks/ and pii/; only addition needs none.")
    ] = None,
    tasks: Annotated[str, typer.Option(help="Names, with commas between.")] = ",".join(TASKS),
    queries: Annotated[int, typer.Option(min=1, help="Questions of each task; the sources have 500 and more.")] = 300,
    limit: Annotated[
        list[str] | None, typer.Option("--limit", metavar="TASK=N", help="Fewer for one task. May be repeated.")
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option("--cost", metavar="NAME=X", help="Cost of one answer of a tier. [default: device 0, others 1]"),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="NAME",
            help="Mask nothing on the way to this tier: public data only, `upcall cloud --accept-allowed`.",
        ),
    ] = None,
    varied: Annotated[
        bool,
        typer.Option(
            "--varied",
            help="Draw instruction and examples anew for every question: for a head that bears other wordings. Slower.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the questions' order and the worked examples.")] = 0,
    bundle: shared.BundleOption = None,
    engine: shared.EngineOption = EngineName.AUTO,
    no_ner: shared.NoNerOption = False,
) -> None:
    """Collect, or go on collecting."""
    addresses = named_texts(tier, option="--tier", form="NAME=HOST:PORT")
    names = (DEVICE, *addresses)
    if DEVICE in addresses:
        raise InputError(f"--tier names '{DEVICE}', the tier on this machine.", allowed="another name")
    costs = dict.fromkeys(names, 1.0) | {DEVICE: 0.0} | named_numbers(cost, option="--cost", names=names)
    if unknown := sorted(set(allow or ()) - set(addresses)):
        raise InputError(f"--allow names the tier '{unknown[0]}'.", allowed=", ".join(addresses))
    asked = _questions(tasks.split(","), data=data, count=queries, limits=limit, seed=seed, varied=varied)
    opened = open_bundle(bundle or default_bundle_path(engine))
    detector = Detector(names=shared.usual_names(is_wanted=not no_ner))
    about = {
        "model_revision": opened.manifest.model.revision,
        "recipe": opened.manifest.recipe,
        "model_sha256": next(one.sha256 for one in opened.manifest.files if one.path in (MODEL_ONNX, MODEL_PTE)),
        "seed": str(seed),
        "tiers": ", ".join(f"{name} (as it is)" if name in (allow or ()) else name for name in names),
        "wording": "varied" if varied else "one a task",
        "names_masked": str(not no_ner).lower(),
    }
    made_folder(out.parent)
    check_file(out)
    journal = Journal(out.with_name(f"{out.name}.journal.jsonl"), about)

    def save() -> None:
        table = assemble(
            asked,
            names,
            journal,
            costs=costs,
            hidden_size=opened.manifest.shape.hidden_size,
            detector=detector,
            about=about | {"cost_unit": "of one answer: " + ", ".join(f"{name} {costs[name]:g}" for name in names)},
        )
        with unwritable(out):
            write_table(table, out)
        told = ", ".join(f"{name} {share:.3f}" for name, share in zip(names, table.quality.mean(axis=0), strict=True))
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"{out}: {len(table)} queries; right: {told}", markup=False
        )

    with ExitStack() as stack:
        # One model for the device's tier and for the sessions, which answer with it where the cloud fails.
        model = stack.enter_context(closing(open_model(opened, engine=engine)))
        tiers: dict[str, AskTier] = {DEVICE: device_tier(DEVICE, model)}
        for name, address in addresses.items():
            cloud = GrpcCloud(CloudEndpoint(target=address, api_key=os.environ.get(shared.API_KEY_VARIABLE, "")))
            stack.enter_context(closing(cloud))
            tiers[name] = cloud_tier(
                name,
                Session(
                    model=model,
                    threshold=None,
                    detector=detector,
                    policy=Policy(dict.fromkeys(EntityType, Action.ALLOW)) if name in (allow or ()) else Policy(),
                    cloud=cloud,
                ),
            )
        try:
            _run(asked, tiers, journal, detector)
        finally:  # an interrupt or a failure, too, leaves a table of what is whole
            if any((query.query_id, names[-1]) in journal.done for query in asked):
                save()


def _run(asked: Sequence[Query], tiers: dict[str, AskTier], journal: Journal, detector: Detector) -> None:
    def masks(query: Query) -> bool:
        return bool(
            redact_messages(
                [Message(query.messages[-1].role, query.prompt)], detector=detector, vault=Vault(), policy=Policy()
            ).masked
        )

    wanted = [(query.query_id, name) for query in asked for name in tiers]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("asking", total=len(wanted), completed=sum(pair in journal.done for pair in wanted))
        for outcome in collect(asked, tiers, journal, masks=masks):
            progress.update(bar, advance=1, description=f"{outcome.tier:10}")


def _questions(
    tasks: Sequence[str], *, data: Path | None, count: int, limits: Sequence[str] | None, seed: int, varied: bool
) -> tuple[Query, ...]:
    if data is None and set(tasks) != {"addition"}:
        raise InputError("No data are given.", next_step="name the folder with --data or UPCALL_DATA")
    fewer = named_numbers(limits, option="--limit", names=tasks)
    counts = dict.fromkeys(tasks, count) | {task: int(own) for task, own in fewer.items()}
    folder = data if data is not None else Path()
    return tuple(
        query
        for task in tasks
        for query in load_queries([task], data=folder, count=counts[task], seed=seed, is_varied=varied)
    )
