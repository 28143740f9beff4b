"""Named, frozen ways to make a bundle: from the first release on a name stands for the same graph for ever, and a change makes
a new name. Until then a changed graph keeps its name, and engines refuse the graphs of before."""

from __future__ import annotations

from dataclasses import dataclass

from upcall.edge_runtime.errors import InputError
from upcall.export.formats.known import FORMATS


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the weights are stored.

    Args:
        name: frozen.
        text: for people.
        bits: of a matrix's weight: 4, 8 or 32.
        format: one of FORMATS.
    """

    name: str
    text: str
    bits: int
    format: str = "onnx"


ONNX_INT4_G32 = Recipe(
    name="onnx_int4_g32",
    text="ONNX; every matrix, embedding and head in 4 bits, groups of 32, int8 activations",
    bits=4,
)
ONNX_INT8 = Recipe(
    name="onnx_int8",
    text="ONNX; every matrix, embedding and head in 8 bits, groups of 32, int8 activations; twice as large, nearly float32",
    bits=8,
)
ONNX_FP32 = Recipe(
    name="onnx_fp32",
    text="ONNX; float32 throughout: large and slow, the measure of the others",
    bits=32,
)
XNNPACK_8DA4W_G32 = Recipe(
    name="xnnpack_8da4w_g32",
    text="ExecuTorch with XNNPACK; every matrix, embedding and head in 4 bits, groups of 32, int8 activations by token",
    bits=4,
    format="executorch",
)
XNNPACK_FP32 = Recipe(
    name="xnnpack_fp32",
    text="ExecuTorch with XNNPACK; float32 throughout: large and slow, the measure of the other",
    bits=32,
    format="executorch",
)
RECIPES = {recipe.name: recipe for recipe in (ONNX_INT4_G32, ONNX_INT8, ONNX_FP32, XNNPACK_8DA4W_G32, XNNPACK_FP32)}


def find_recipe(name: str, *, format: str = "onnx") -> Recipe:  # noqa: A002  # the option's own word
    """The format's recipe of that name; an empty name takes the format's first, of 4 bits.

    Raises:
        InputError: there is none.
    """
    known = {recipe.name: recipe for recipe in RECIPES.values() if recipe.format == format}
    name = name or next(iter(known))
    if name not in known:
        raise InputError(f"There is no export recipe '{name}' for {format}.", allowed=", ".join(known))
    return known[name]


def check_format(name: str) -> str:
    """The name of a target format, refused if this version does not write it.

    Raises:
        InputError: it is not one of FORMATS.
    """
    if name not in FORMATS:
        raise InputError(
            f"The export format '{name}' is not available in this version." if name else "No export format was given.",
            allowed=", ".join(FORMATS),
            next_step=f"upcall export MODEL --to {next(iter(FORMATS))}",
        )
    return name
