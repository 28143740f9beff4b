"""Turns a model's files into a verified bundle, stage by stage. Any failure leaves no bundle."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from upcall.edge_runtime.bundle import SCHEMA_VERSION, TOKENIZER, template_from_proto
from upcall.edge_runtime.downloads.store import locked
from upcall.edge_runtime.errors import require
from upcall.edge_runtime.home import upcall_home
from upcall.edge_runtime.language_model.model import LanguageModel
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.export.bundle.folder import growing_bundle, seal
from upcall.export.bundle.heads import all_stages, check_heads, shipped_heads, write_heads
from upcall.export.checks import parity
from upcall.export.checks import samples as texts_of
from upcall.export.checks.reference import Reference, quiet_transformers
from upcall.export.checks.threshold import asker, calibrate
from upcall.export.formats.known import FORMATS
from upcall.export.formats.program.toolchain import quiet_toolchain
from upcall.export.plan import ExportPlan, check_plan
from upcall.export.sources.chat import check_tokens, derive_template, starting_ids
from upcall.export.sources.model import SourceModel
from upcall.export.sources.model_files import content_revision, read_model
from upcall.export.sources.tokenizer import build_tokenizer, save_tokenizer, stop_token_ids
from upcall.export.sources.weights import joined
from upcall.protocol.v1 import bundle_pb2

_LONG_PROMPT = 128


@dataclass(frozen=True, slots=True)
class StageTime:
    """A stage that ended, or ``seconds`` None: that began."""

    name: str
    seconds: float | None


Progress = Callable[[StageTime], None]


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
    form = FORMATS[plan.recipe.format]
    with quiet_toolchain():
        for module in form.modules:  # before minutes of work
            require(module, extra="export")
    manifest = bundle_pb2.BundleManifest(schema_version=SCHEMA_VERSION, recipe=plan.recipe.name)
    model = bundle / form.model_file
    with _stage("read the model", progress):
        source = read_model(plan.source)
        fitted = form.fit(source, context_length=plan.context_length)
        shape = fitted.shape
        tokenizer = build_tokenizer(source.tokenizer)
        save_tokenizer(tokenizer, bundle / TOKENIZER)
        _describe(manifest, plan=plan, source=fitted, tools=form.tools)
        manifest.least_runtime_versions.update(form.least_runtimes)
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
        weights = joined(fitted.weights, shape)
        reference = Reference(source, cache=work / "transformers")
        samples = [one[: shape.context] for one in texts_of.rounding_samples(template, device_tokenizer)]
        twin = form.save(
            weights,
            shape,
            model,
            bits=plan.recipe.bits,
            samples=samples,
            head_products=partial(reference.head_products, samples),
        )
        heads = all_stages(routers, hidden_size=shape.hidden)
        write_heads(heads, bundle, manifest)
    engine = form.open(model, context_length=shape.context, vocabulary_size=shape.vocabulary)
    start = starting_ids(template, tokenizer, special=source.tokenizer.special)
    prompts = [start + tokenizer.encode(text, add_special_tokens=False).ids for text in parity.PROMPTS]
    prose = (start + tokenizer.encode(texts_of.prose(), add_special_tokens=False).ids)[: shape.context - 1]
    with _stage("compare with PyTorch", progress):
        (work / "float32").mkdir()
        wide = form.wide(weights, shape, work / "float32")
        del weights
        long = prose[: shape.window + _LONG_PROMPT]  # beyond the window of local layers
        manifest.checks.extend(parity.check_float(wide, reference, [*prompts, long], of=form.wide_name))
        manifest.checks.append(parity.check_float_cache(wide, prompts, of=form.wide_name))
        manifest.checks.extend(parity.check_stored(engine, prompts, model_file=form.model_file, twin=twin))
        del twin
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


def _describe(
    manifest: bundle_pb2.BundleManifest, *, plan: ExportPlan, source: SourceModel, tools: Sequence[str]
) -> None:
    shape = source.shape
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
