"""What the exporter asks of a format. The formats stand in the folders beside this file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from upcall.edge_runtime.language_model.engine import Engine
from upcall.export.sources.model import Array, DecoderShape, SourceModel, Weights
from upcall.routing.heads.router_head import RouterHead


class Format(Protocol):
    """How a decoder becomes the model of a bundle."""

    @property
    def model_file(self) -> str:
        """Name of the model in a bundle."""

    @property
    def modules(self) -> tuple[str, ...]:
        """What must be importable before minutes of work begin."""

    @property
    def tools(self) -> tuple[str, ...]:
        """Distributions whose versions the manifest names."""

    @property
    def least_runtimes(self) -> Mapping[str, str]:
        """The oldest versions of runtimes that are tested with what ``save`` writes, by name."""

    @property
    def wide_name(self) -> str:
        """What ``wide`` gives, as the names of its checks say it."""

    def fit(self, source: SourceModel, *, context_length: int) -> SourceModel:
        """The same model in sizes that the format takes.

        Args:
            source: as it was read.
            context_length: most tokens of a cache that has one length for good.
        """

    def save(
        self,
        weights: Weights,
        shape: DecoderShape,
        path: Path,
        *,
        bits: int,
        samples: Sequence[Sequence[int]],
        head_products: Callable[[], Array],
    ) -> Engine | None:
        """Write the model.

        Args:
            weights: as ``joined`` gives them.
            shape: of the decoder.
            path: of the file.
            bits: of a weight: 4, 8 or 32.
            samples: token ids of texts to tune the rounding on, each within the context.
            head_products: computes [D, D], the sum of x·xᵀ over the head's inputs x of the samples.

        Returns:
            The same weights with the same rounding run otherwise, to measure the file against; None where there is none.
        """

    def wide(self, weights: Weights, shape: DecoderShape, folder: Path) -> Engine:
        """The same decoder in float32.

        Args:
            weights: as ``joined`` gives them.
            shape: of the decoder.
            folder: an empty one for files, if it takes any.
        """

    def open(self, path: Path, *, context_length: int, vocabulary_size: int) -> Engine:
        """The engine of a file that ``save`` wrote."""

    def write_heads(self, heads: Sequence[RouterHead], folder: Path) -> None:
        """Write router heads into or beside the model of a folder, in place of those of the same stages."""
