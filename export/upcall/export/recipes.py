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
    """

    name: str
    text: str


ONNX_INT4_G32 = Recipe(
    name="onnx_int4_g32",
    text="ONNX; every matrix, embedding and head in 4 bits, groups of 32, int8 activations",
)
RECIPES = {recipe.name: recipe for recipe in (ONNX_INT4_G32,)}


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
