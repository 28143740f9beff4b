"""Loads the model of a bundle into the engine that runs its format."""

from __future__ import annotations

from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from upcall.edge_runtime.bundle import MODEL_ONNX, MODEL_PTE, Bundle
from upcall.edge_runtime.errors import BundleError, InputError, check_type
from upcall.edge_runtime.language_model.engine import Engine
from upcall.edge_runtime.language_model.model import LanguageModel
from upcall.edge_runtime.language_model.tokenizer import Tokenizer
from upcall.edge_runtime.runtime_versions import ModelRuntime, require_runtime


class EngineName(StrEnum):
    """What runs the device model. AUTO takes ONNX Runtime where the bundle holds a graph, else ExecuTorch."""

    AUTO = "auto"
    ONNX = "onnx"
    EXECUTORCH = "executorch"


DEFAULT_RECIPES = {EngineName.ONNX: "onnx_int4_g32", EngineName.EXECUTORCH: "xnnpack_8da4w_g32"}
"""How a model is exported for each engine where nothing else is said."""


def engine_name(given: object) -> EngineName:
    """The engine of this name.

    Raises:
        InputError: there is none, or it is no name.
    """
    check_type("The engine", given, str)
    try:
        return EngineName(str(given))
    except ValueError:
        raise InputError(f"There is no engine {given!r:.40}.", allowed=", ".join(EngineName)) from None


def open_engine(bundle: Bundle, *, engine: EngineName = EngineName.AUTO, threads: int | None = None) -> Engine:
    """Load the bundle's model.

    Raises:
        InputError: there is no such engine, or the threads are no number above 0.
        BundleError: the bundle holds no model for that engine, or asks for a newer one than is installed.
        MissingExtraError: the engine's package is not installed.
        EngineError: the model cannot be loaded.
    """
    engine = engine_name(engine)
    check_type("The number of threads", threads, int, type(None))
    if threads is not None and threads < 1:
        raise InputError(f"The number of threads is {threads}.", allowed="1 or more")
    if engine is EngineName.AUTO:
        engine = EngineName.ONNX if bundle.holds(MODEL_ONNX) else EngineName.EXECUTORCH
    name, other = (MODEL_ONNX, MODEL_PTE) if engine is EngineName.ONNX else (MODEL_PTE, MODEL_ONNX)
    if not bundle.holds(name):
        raise BundleError(
            f"The bundle {bundle.path.name} holds no {name}, which --engine {engine} runs; it holds {other}.",
            next_step=f"leave --engine out, or name with --bundle one that `upcall export MODEL --to {engine}` made",
        )
    _refuse_older(bundle, ModelRuntime.ONNX_RUNTIME if engine is EngineName.ONNX else ModelRuntime.EXECUTORCH)
    shape = bundle.manifest.shape
    context_length, vocabulary_size = shape.context_length, shape.vocabulary_size
    if engine is EngineName.ONNX:
        from upcall.edge_runtime.engines.onnx_runtime import OnnxEngine

        return OnnxEngine(bundle.model, context_length=context_length, vocabulary_size=vocabulary_size, threads=threads)
    from upcall.edge_runtime.engines.executorch_program import ExecuTorchEngine

    return ExecuTorchEngine(
        bundle.program, context_length=context_length, vocabulary_size=vocabulary_size, threads=threads
    )


def _refuse_older(bundle: Bundle, runtime: ModelRuntime) -> None:
    try:
        installed = version(runtime)
    except PackageNotFoundError:
        return  # the engine names the extra that is missing, or the runtime is a build of another name
    require_runtime(bundle, runtime, version=installed)


def open_model(bundle: Bundle, *, engine: EngineName = EngineName.AUTO, threads: int | None = None) -> LanguageModel:
    """Load the bundle's model with its tokenizer and template.

    Raises:
        UpcallError: as ``open_engine``, or the tokenizer cannot be read.
    """
    tokenizer = Tokenizer(bundle.tokenizer)
    return LanguageModel(
        open_engine(bundle, engine=engine, threads=threads),
        tokenizer=tokenizer,
        template=bundle.template,
        stop_token_ids=bundle.stop_token_ids,
    )
