"""Named, frozen ways to make a bundle: a name stands for the same graph for ever, so a change makes a new name."""

from __future__ import annotations

from dataclasses import dataclass

from upcall.edge_runtime.errors import InputError

FORMATS = ("onnx",)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the weights are stored.

    Args:
        name: frozen.
        text: for people.
        bits: of a matrix's weight: 4, 8 or 32.
    """

    name: str
    text: str
    bits: int


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
RECIPES = {recipe.name: recipe for recipe in (ONNX_INT4_G32, ONNX_INT8, ONNX_FP32)}


def find_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        InputError: there is none.
    """
    if name not in RECIPES:
        raise InputError(f"There is no export recipe '{name}'.", allowed=", ".join(RECIPES))
    return RECIPES[name]


def check_format(name: str) -> None:
    """Refuse a target format that this version does not write.

    Raises:
        InputError: it is not one of FORMATS.
    """
    if name not in FORMATS:
        raise InputError(
            f"The export format '{name}' is not available in this version.",
            allowed=", ".join(FORMATS),
            next_step="upcall export MODEL --to onnx",
        )
