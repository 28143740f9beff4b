"""The same weights in PyTorch, run by transformers: what the graph is measured against."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upcall.edge_runtime.errors import ModelError, require
from upcall.edge_runtime.language_model.engine import MAX_LOGIT_ROWS, Step
from upcall.edge_runtime.language_model.model import shared_beginning
from upcall.export.sources.families import tensor_name
from upcall.export.sources.model import DecoderShape, SourceModel

_CLASSES = {
    "llama": ("LlamaConfig", "LlamaForCausalLM"),
    "qwen2": ("Qwen2Config", "Qwen2ForCausalLM"),
    "qwen3": ("Qwen3Config", "Qwen3ForCausalLM"),
}


def quiet_transformers(cache: Path) -> Any:
    """Import transformers so that it asks no network, keeps its files under ``cache`` and prints nothing."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HOME"] = str(cache)
    transformers = require("transformers", extra="export")
    transformers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()  # it advises on options that are set on purpose
    logging.getLogger("torch.utils._pytree").setLevel(
        logging.ERROR
    )  # torchao, which transformers imports, warns of itself
    return transformers


class Reference:
    """The decoder in float32, eager attention. Only ``logits_after`` has a cache; the others compute all tokens.

    Args:
        source: the weights of a GGUF file are shared, not copied; a folder is read again.
        cache: folder for whatever transformers would write.
    """

    def __init__(self, source: SourceModel, *, cache: Path) -> None:
        transformers = quiet_transformers(cache)
        self._torch = require("torch", extra="export")
        self._middle = source.shape.middle_layer
        if source.folder is None:
            self._model = self._of_weights(transformers, source)
        else:
            self._model = self._of_folder(transformers, source.folder)
        self._cache = (
            transformers.DynamicCache()
        )  # of no configuration: every layer keeps all, a window is a matter of masks
        self._read: list[int] = []

    def _of_weights(self, transformers: Any, source: SourceModel) -> Any:
        config_name, model_name = _CLASSES[source.shape.architecture]
        config = getattr(transformers, config_name)(**_config(source.shape, tied="head" not in source.weights))
        config._attn_implementation = "eager"
        with transformers.modeling_utils.no_init_weights():
            model = getattr(transformers, model_name)(config).eval()
        state = {tensor_name(name): self._torch.from_numpy(weight) for name, weight in source.weights.items()}
        missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
        model.tie_weights()
        assert not unexpected, unexpected
        assert set(missing) <= {"lm_head.weight"}, missing
        return model

    def _of_folder(self, transformers: Any, folder: Path) -> Any:
        """transformers reads configuration and weights by itself, so that a misreading of ours shows."""
        try:
            model = transformers.AutoModelForCausalLM.from_pretrained(
                str(folder), dtype=self._torch.float32, attn_implementation="eager", local_files_only=True
            )
        except Exception as error:  # it raises whatever its parts raise
            raise ModelError(
                f"transformers cannot load {folder}, so there is nothing to compare with.",
                next_step="copy or download the model anew",
            ) from error
        return model.eval()

    def step(self, tokens: Sequence[int]) -> Step:
        """What one forward pass over all tokens gives, by the definition of the graph's outputs."""
        with self._torch.inference_mode():
            output = self._model.model(self._torch.tensor([list(tokens)]), output_hidden_states=True, use_cache=False)
            normal = output.last_hidden_state[0]
            logits = self._model.lm_head(normal[-MAX_LOGIT_ROWS:])
            middle = output.hidden_states[self._middle][0, -1]
        return Step(
            last_logits=logits.numpy(),
            hidden_last=normal[-1].numpy(),
            hidden_mid=middle.numpy(),
        )

    def head_products(self, samples: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """[D, D]: the sum of x·xᵀ over the head's inputs x, of every token of the samples."""
        from upcall.export.quantisation.lattice import products_after

        decoder = self._model.model
        with self._torch.inference_mode(), products_after(decoder.norm, size=decoder.config.hidden_size) as products:
            for sample in samples:
                decoder(self._torch.tensor([list(sample)]), use_cache=False)
        return np.asarray(products.numpy())

    def logits_after(self, tokens: Sequence[int], *, count: int) -> NDArray[np.float32]:
        """[count, V] float32: the logits after each of the last ``count`` tokens.

        What the tokens share with those of the call before is not computed again.
        """
        kept = min(shared_beginning(self._read, tokens), len(tokens) - count)
        if kept < len(self._read):
            self._cache.crop(kept)
        with self._torch.inference_mode():
            output = self._model(
                self._torch.tensor([list(tokens[kept:])]),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=count,
            )
        self._read = list(tokens)
        return np.asarray(output.logits[0].numpy())

    def all_logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """[T, V] float32: the logits after every token."""
        with self._torch.inference_mode():
            logits = self._model(self._torch.tensor([list(tokens)]), use_cache=False).logits
        return np.asarray(logits[0].numpy())


def _config(shape: DecoderShape, *, tied: bool) -> dict[str, Any]:
    return {
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_size,
        "max_position_embeddings": shape.context,
        "rope_theta": shape.rope_base,
        "rms_norm_eps": shape.norm_epsilon,
        "tie_word_embeddings": tied,
    }
