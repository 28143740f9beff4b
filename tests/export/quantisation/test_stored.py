from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from upcall.export.quantisation.nbits import Quantised
from upcall.export.quantisation.stored import quantise, quantise_8, quantise_for, quantise_with_sums, stored
from upcall.export.sources.model import Array


def test_error_is_bounded_by_the_group() -> None:
    weight = np.random.default_rng(0).normal(size=(48, 96)).astype(np.float32)
    restored = quantise(weight).dequantise()
    extreme = np.abs(weight.reshape(48, 3, 32)).max(axis=-1, keepdims=True)
    assert (np.abs(restored - weight).reshape(48, 3, 32) <= 0.3 * extreme).all()
    assert np.sqrt(((restored - weight) ** 2).mean()) < 0.1


def test_values_on_the_grid_are_exact() -> None:
    codes = np.tile(np.arange(-8, 8, dtype=np.float32), 2)
    weight = np.stack([codes * 0.25, np.zeros(32, dtype=np.float32), codes * -3.0])
    np.testing.assert_allclose(quantise(weight).dequantise(), weight, atol=1e-6)


def for_even_inputs(weight: Array) -> Quantised:
    return quantise_for(weight, np.eye(weight.shape[1], dtype=np.float32))


@pytest.mark.parametrize("columns", [64, 80])
@pytest.mark.parametrize("form", [quantise, quantise_8, for_even_inputs])
def test_onnxruntime_reads_the_same_weights(form: Callable[[Array], Quantised], columns: int) -> None:
    random = np.random.default_rng(1)
    quantised = form(random.normal(size=(24, columns)).astype(np.float32))
    arrays = {"codes": quantised.codes, "scales": quantised.scales, "zeros": quantised.packed_zeros}
    constants = [numpy_helper.from_array(value, name) for name, value in arrays.items()]
    node = helper.make_node(
        "MatMulNBits",
        ["x", "codes", "scales", "zeros"],
        ["y"],
        domain="com.microsoft",
        K=columns,
        N=24,
        bits=quantised.bits,
        block_size=32,
    )
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, columns])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 24])],
        constants,
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    session = onnxruntime.InferenceSession(
        helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    )
    value = random.normal(size=(1, columns)).astype(np.float32)
    np.testing.assert_allclose(session.run(None, {"x": value})[0], value @ quantised.dequantise().T, atol=1e-4)


@pytest.mark.parametrize("form", [quantise, quantise_8, for_even_inputs, quantise_with_sums])
@pytest.mark.parametrize("columns", [1, 31, 40, 80, 200])
def test_inputs_that_fill_no_group_lose_no_more_than_others(form: Callable[[Array], Quantised], columns: int) -> None:
    weight = np.random.default_rng(4).normal(size=(24, columns)).astype(np.float32)
    quantised = form(weight)
    assert quantised.inputs == columns
    assert quantised.dequantise().shape == weight.shape
    assert np.sqrt(np.square(quantised.dequantise() - weight).mean()) < 0.15


def test_weights_with_16_levels_from_any_minimum_stay_what_they_were() -> None:
    random = np.random.default_rng(2)
    scale, minimum = random.uniform(0.01, 0.1, size=(24, 3, 1)), random.uniform(-1, 0, size=(24, 3, 1))
    levels = random.integers(0, 16, size=(24, 3, 32))
    weight = (levels * scale + minimum).reshape(24, 96).astype(np.float32)
    quantised = quantise_with_sums(weight)
    assert (quantised.columns, quantised.sums) == (99, 3)
    plain = np.abs(quantise(weight).dequantise() - weight)
    assert np.abs(quantised.dequantise() - weight).mean() < 0.1 * plain.mean()


def test_8_bits_are_close_in_every_group() -> None:
    random = np.random.default_rng(3)
    weight = random.normal(size=(48, 96)).astype(np.float32)
    weight[0] = 0
    weight[1] = np.abs(weight[1]) + 5  # far from 0, which stays one of the levels
    restored = quantise_8(weight).dequantise()
    groups = weight.reshape(48, 3, 32)
    span = np.maximum(groups.max(axis=-1), 0) - np.minimum(groups.min(axis=-1), 0)
    assert (np.abs(restored.reshape(48, 3, 32) - groups) <= span[..., None] * (1 / 255 + 1e-6)).all()
    assert (restored[0] == 0).all()


@pytest.mark.parametrize("bits", [4, 8, 32])
def test_a_recipe_keeps_vectors_and_stores_matrices(bits: int) -> None:
    matrix, vector = np.ones((8, 32), dtype=np.float32), np.ones(32, dtype=np.float32)
    kept = stored({"embedding": matrix, "0.o": matrix, "final_norm": vector}, bits=bits)
    assert kept["final_norm"] is vector
    assert [weight.bits if isinstance(weight, Quantised) else 32 for weight in kept.values()][:2] == [bits, bits]


def test_a_head_is_rounded_for_its_inputs_whether_it_is_the_embedding_or_not() -> None:
    random = np.random.default_rng(2)
    inputs = (random.normal(size=(400, 8)) @ random.normal(size=(8, 64))).astype(np.float32)
    matrix = random.normal(size=(48, 64)).astype(np.float32)

    def loss(form: object) -> float:
        assert isinstance(form, Quantised)
        return float(np.square(inputs @ (form.dequantise() - matrix).T).mean())

    products = inputs.T @ inputs
    tied = stored({"embedding": matrix}, bits=4, products=products)
    apart = stored({"embedding": matrix, "head": matrix}, bits=4, products=products)
    plain = loss(stored({"embedding": matrix}, bits=4)["embedding"])
    assert loss(tied["embedding"]) < 0.5 * plain
    assert loss(apart["head"]) < 0.5 * plain
    assert loss(apart["embedding"]) == plain
