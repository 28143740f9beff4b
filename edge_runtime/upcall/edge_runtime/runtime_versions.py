"""Whether a runtime is new enough for a bundle: the manifest names the least version that runs it."""

from __future__ import annotations

from enum import StrEnum

from upcall.edge_runtime.bundle import VERSION_NUMBERS, Bundle
from upcall.edge_runtime.errors import BundleError, BundleFault


class ModelRuntime(StrEnum):
    """What runs the model of a bundle, as its maker's package is called."""

    ONNX_RUNTIME = "onnxruntime"
    EXECUTORCH = "executorch"


def require_runtime(bundle: Bundle, runtime: ModelRuntime, *, version: str) -> None:
    """Refuse a bundle that asks for a newer runtime.

    Args:
        version: of the runtime; what follows its numbers, as in "1.5.1+cpu", plays no part.

    Raises:
        BundleError: the runtime is older, or its version begins with no number.
    """
    least = bundle.manifest.least_runtime_versions.get(runtime)
    if least is not None and _release(version) < _release(least):
        raise BundleError(
            f"The bundle {bundle.path.name} needs a newer {runtime} than {version}.",
            allowed=f"{least} or later",
            fault=BundleFault.RUNTIME,
            next_step=f"update {runtime}, or take a bundle that was made for an older one",
        )


def _release(version: str) -> tuple[int, ...]:
    """Its numbers, four of them; none where it begins with no number, which is older than everything."""
    found = VERSION_NUMBERS.match(version)
    numbers = tuple(map(int, found[0].split("."))) if found else ()
    return numbers + (0,) * (4 - len(numbers)) if numbers else ()
