"""From a model's files to a verified bundle, stage by stage. Any failure leaves no bundle."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from upcall.edge_runtime.bundle import MODEL_ONNX, MODEL_PTE, TOKENIZER, template_from_proto
from upcall.edge_runtime.downloads.store import locked
from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine
from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine
from upcall.edge_runtime.errors import InputError, ModelError, require
from upcall.edge_runtime.home import upcall_home
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.language_model.model import LanguageModel
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.export import parity, program
from upcall.export.baking import all_stages, check_heads, shipped_heads, write_heads
from upcall.export.bundle_folder import check_target, growing_bundle, seal
from upcall.export.chat import check_tokens, derive_template, starting_ids
from upcall.export.graph import build_graph, joined, save_graph
from upcall.export.model_files import content_revision, float_bytes, read_model
from upcall.export.quantise import rounding_samples, stored
from upcall.export.recipes import ONNX_INT4_G32, Recipe
from upcall.export.reference import Reference, quiet_transformers
from upcall.export.source import Array, DecoderShape, SourceModel, Weights
from upcall.export.threshold import DEFAULT_TARGET, asker, calibrate
from upcall.export.tokenizer_build import build_tokenizer, save_tokenizer, stop_token_ids
from upcall.export.toolchain import quiet_toolchain
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.router_head import RouterHead

_EXTRA = ("torch", "gguf", "onnx", "onnxruntime")
_TOOLS = ("gguf", "numpy", "onnx", "onnxruntime", "tokenizers", "torch", "transformers", "upcall")
# Against the weights as float32, which stand in memory as read, in the graph, in the engine and in PyTorch; and what PyTorch,
# transformers and their working memory take whatever the model. Together they were 3.4 GB for 135 million parameters.
_MEMORY_FACTOR = 3
_MEMORY_BASE = 1_200_000_000
_BUNDLE_FACTOR = {4: 0.25, 8: 0.375, 32: 1.0}
_LONG_PROMPT = 128
_MAX_ONE_FILE = 1_900_000_000  # protobuf ends at 2 GiB; weights beyond that stand in a file of their own


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to make.

    Args:
        source: a GGUF file, or a folder with config.json, safetensors and tokenizer.json.
        model_id: catalogue name, or the user's.
        licence: SPDX identifier; empty takes the file's own field.
        target: the bundle's folder.
        recipe: how to store the weights.
        target_kept_accuracy: for the threshold, above 0, at most 1.
        force: replace a bundle that is there.
        revision: what identifies the weights; empty takes the hash of the files.
        context_length: most tokens of an ExecuTorch program's cache, where the model has more.
        heads: trained router heads, of different stages, made for this model and recipe; None takes those that Upcall ships.

    Raises:
        InputError: the target accuracy is outside its range.
    """

    source: Path
    model_id: str
    licence: str
    target: Path
    recipe: Recipe = ONNX_INT4_G32
    target_kept_accuracy: float = DEFAULT_TARGET
    force: bool = False
    revision: str = ""
    context_length: int = program.MAX_CONTEXT
    heads: tuple[RouterHead, ...] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.target_kept_accuracy <= 1:
            raise InputError(f"The target accuracy is {self.target_kept_accuracy}.", allowed="above 0, at most 1")

    @property
    def disk_bytes(self) -> int:
        """Estimate of what must be free: the float32 graph, for a while, and the bundle."""
        return float_bytes(self.source) + self.bundle_bytes

    @property
    def bundle_bytes(self) -> int:
        """Estimate of the bundle."""
        return int(_BUNDLE_FACTOR[self.recipe.bits] * float_bytes(self.source))

    @property
    def memory_bytes(self) -> int:
        """Estimate of the peak."""
        own_copy = 1 if self.source.is_dir() else 0  # transformers reads a folder for itself
        return _MEMORY_BASE + (_MEMORY_FACTOR + own_copy) * float_bytes(self.source)


@dataclass(frozen=True, slots=True)
class StageTime:
    """A stage that ended, or ``seconds`` None: that began."""

    name: str
    seconds: float | None


Progress = Callable[[StageTime], None]


def check_plan(plan: ExportPlan) -> None:
    """Refuse what cannot succeed, before anything is read.

    Raises:
        InputError: the source is not there, or the target must not be replaced.
        ModelError: the source is a folder without weights, or there is too little memory or disk.
    """
    if not plan.source.exists():
        raise InputError(f"There is no file {plan.source}.", allowed="a GGUF file or a folder with safetensors")
    check_target(plan.target, force=plan.force)
    folder = next(parent for parent in plan.target.absolute().parents if parent.exists())
    home = next(parent for parent in (upcall_home() / "work").absolute().parents if parent.exists())
    for place in (folder, home):
        if (free := shutil.disk_usage(place).free) < plan.disk_bytes:
            raise ModelError(
                f"The disk of {place} has {free / 1e6:,.0f} MB free; the export needs {plan.disk_bytes / 1e6:,.0f} MB.",
                next_step="free some space, or choose --out and UPCALL_HOME on another disk",
            )
    if (memory := _available_memory()) < plan.memory_bytes:
        raise ModelError(
            f"{memory / 1e6:,.0f} MB of memory are free; the export may need {plan.memory_bytes / 1e6:,.0f} MB.",
            next_step="end other programs, or export a smaller model",
        )


def export(plan: ExportPlan, *, progress: Progress = lambda _: None) -> bundle_pb2.BundleManifest:
    """Make the bundle.

    Returns:
        Its manifest.

    Raises:
        InputError, ModelError, MissingExtraError: see the message; no bundle was written.
    """
    check_plan(plan)
    work = upcall_home() / "work" / "export"
    waiting = StageTime("wait for another export to end", None)
    with locked(work, on_wait=lambda: progress(waiting)), growing_bundle(plan.target) as bundle:
        for left in work.iterdir():  # by a run that was killed
            if left.is_dir():
                shutil.rmtree(left)
        try:
            return _export(plan, bundle=bundle, work=work, progress=progress)
        finally:
            shutil.rmtree(work / "float32", ignore_errors=True)


def _export(plan: ExportPlan, *, bundle: Path, work: Path, progress: Progress) -> bundle_pb2.BundleManifest:
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    is_program = plan.recipe.format == "executorch"
    with quiet_toolchain():
        for module in program.EXTRA if is_program else _EXTRA:  # before minutes of work
            require(module, extra="export")
    manifest = bundle_pb2.BundleManifest(schema_version=1, recipe=plan.recipe.name)
    model = bundle / (MODEL_PTE if is_program else MODEL_ONNX)
    with _stage("read the model", progress):
        source = read_model(plan.source)
        if is_program and source.shape.context > plan.context_length:
            source = replace(source, shape=replace(source.shape, context=plan.context_length))
        tokenizer = build_tokenizer(source.tokenizer)
        save_tokenizer(tokenizer, bundle / TOKENIZER)
        _describe(manifest, plan=plan, source=source)
        routers = plan.heads if plan.heads is not None else shipped_heads(manifest)
        for head in routers:
            head.check_fits(manifest)
        manifest.stop_token_ids.extend(stop_token_ids(source.tokenizer, tokenizer))
    with _stage("check the chat template", progress):
        transformers = quiet_transformers(work / "transformers")
        given = source.tokenizer
        derived = derive_template(transformers, tokenizer, jinja=given.chat_template, special=given.special)
        manifest.chat_template.CopyFrom(derived.template)
        template = template_from_proto(derived.template)
        device_tokenizer = Tokenizer(bundle / TOKENIZER)
        check_tokens(template, ours=device_tokenizer, original=tokenizer)
        manifest.checks.add(
            name="chat template as the model's own",
            value=derived.same,
            unit="conversations",
            bound=f"of {derived.samples}",
        )
    with _stage("quantise", progress):
        weights = joined(source.weights, source.shape)
        reference = Reference(source, cache=work / "transformers")
        samples = [one[: source.shape.context] for one in rounding_samples(template, device_tokenizer)]
        if is_program:
            eager = program.save_program(weights, plan.recipe, source.shape, model, samples=samples)
        else:
            products = reference.head_products(samples) if plan.recipe.bits == 4 else None
            _save_model(weights, plan, source.shape, model, products=products)
        heads = all_stages(routers, hidden_size=source.shape.hidden)
        write_heads(heads, bundle, manifest)
    engine = _engine(model, source)
    start = starting_ids(template, tokenizer, special=source.tokenizer.special)
    prompts = [start + tokenizer.encode(text, add_special_tokens=False).ids for text in parity.PROMPTS]
    prose = (start + tokenizer.encode(parity.prose(), add_special_tokens=False).ids)[: source.shape.context - 1]
    with _stage("compare with PyTorch", progress):
        if is_program:
            wide = program.float_engine(weights, source.shape)
        else:
            (work / "float32").mkdir()
            wide_path = work / "float32" / MODEL_ONNX
            save_graph(build_graph(weights, source.shape), wide_path, external=True)
            wide = _engine(wide_path, source)
        del weights
        long = prose[: source.shape.window + _LONG_PROMPT]  # beyond the window of local layers
        manifest.checks.extend(parity.check_float_graph(wide, reference, [*prompts, long]))
        manifest.checks.append(parity.check_float_cache(wide, prompts))
        if is_program:
            for check in manifest.checks:
                check.name = check.name.replace("float32 graph", "float32 decoder before it is lowered")
            manifest.checks.extend(program.check_lowered(engine, eager, prompts))
            del eager
        else:
            manifest.checks.append(parity.check_cache(engine, prompts))
        wide.close()
        manifest.checks.append(check_heads(engine, heads))
    device = LanguageModel(
        engine,
        tokenizer=device_tokenizer,
        template=template,
        stop_token_ids=frozenset(manifest.stop_token_ids),
    )
    with _stage("measure the quality", progress):
        texts = [start + tokenizer.encode(text, add_special_tokens=False).ids for text in parity.GREEDY_PROMPTS]
        manifest.figures.extend(parity.greedy_texts(device, reference, texts))
        questions = parity.task_questions(source.parameter_count)
        ask = cache(asker(device))  # the tasks' questions are among those of the threshold
        own = parity.reference_asker(reference, ask, tokenizer=device_tokenizer, stop_token_ids=device.stop_token_ids)
        manifest.figures.extend(parity.accuracies(own, questions, of="float32"))
        for name, value in (
            ("perplexity of prose-v1, float32", parity.reference_perplexity(reference, prose)),
            ("perplexity of prose-v1, this bundle", parity.perplexity(device, prose)),
        ):
            manifest.figures.add(name=name, value=value, unit="per token")
        del reference
    with _stage("calibrate the threshold", progress):
        if not manifest.HasField("threshold"):  # no head brought one, made on outcomes of this very bundle
            manifest.threshold.CopyFrom(calibrate(ask, target_kept_accuracy=plan.target_kept_accuracy))
        manifest.figures.extend(parity.accuracies(ask, questions, of="this bundle"))
        device.close()
    with _stage("write and verify the bundle", progress):
        size = sum(path.stat().st_size for path in bundle.glob(f"{model.name}*"))
        manifest.figures.add(name="size of the model", value=size / 1e6, unit="MB")
        manifest.figures.add(name="peak memory of the export", value=_peak_memory() / 1e6, unit="MB")
        manifest.created_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        seal(bundle, manifest)
    return manifest


def _describe(manifest: bundle_pb2.BundleManifest, *, plan: ExportPlan, source: SourceModel) -> None:
    shape, tools = source.shape, program.TOOLS if plan.recipe.format == "executorch" else _TOOLS
    manifest.model.id = plan.model_id
    manifest.model.revision = plan.revision or content_revision(plan.source)
    manifest.model.licence = plan.licence or spdx(source.licence)
    manifest.shape.CopyFrom(
        bundle_pb2.ModelShape(
            context_length=shape.context,
            vocabulary_size=shape.vocabulary,
            hidden_size=shape.hidden,
            layer_count=shape.layers,
            key_value_head_count=shape.kv_heads,
            head_size=shape.head_size,
        )
    )
    manifest.tool_versions.update({tool: version(tool) for tool in tools})
    manifest.figures.add(name="parameters", value=source.parameter_count / 1e6, unit="million")


def spdx(field: str) -> str:
    """A model file's licence field as an SPDX identifier; NOASSERTION where it says nothing known."""
    return {"apache-2.0": "Apache-2.0", "mit": "MIT", "cc-by-4.0": "CC-BY-4.0"}.get(field.lower(), "NOASSERTION")


def _save_model(weights: Weights, plan: ExportPlan, shape: DecoderShape, path: Path, *, products: Array | None) -> None:
    matrices = stored(weights, bits=plan.recipe.bits, products=products)
    size = sum(weight.nbytes for weight in matrices.values())
    save_graph(build_graph(matrices, shape), path, external=size > _MAX_ONE_FILE)


def _engine(path: Path, source: SourceModel) -> Engine:
    engine = ExecuTorchEngine if path.name == MODEL_PTE else OnnxEngine
    return engine(path, context_length=source.shape.context, vocabulary_size=source.shape.vocabulary)


@contextmanager
def _stage(name: str, progress: Progress) -> Iterator[None]:
    progress(StageTime(name, None))
    start = time.monotonic()
    yield
    progress(StageTime(name, time.monotonic() - start))


def _peak_memory() -> int:
    """Bytes, of this process since it began."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _available_memory() -> int:
    """Bytes that programs can still get; page cache counts as free where Linux tells."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
