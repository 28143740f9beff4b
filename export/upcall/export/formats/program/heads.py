"""Router heads as methods of ``model.pte``.

A lowered ExecuTorch program takes no new method, and lowering the language model again takes minutes. So heads are lowered by
themselves and linked: the methods of two programs in one file, each with its own constants and memory.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from upcall.export.formats.program.toolchain import quiet_toolchain
from upcall.routing.heads.router_head import RouterHead


def lower_heads(heads: Sequence[RouterHead]) -> bytes:
    """A program whose methods are the heads', ``route_pre`` and ``route_post``: features [1, F] → [1], float32."""
    import torch

    from upcall.export.formats.program.head_module import HeadModule

    with quiet_toolchain():
        exir = importlib.import_module("executorch.exir")
        exported = {
            head.stage.method: torch.export.export(HeadModule(head), (torch.zeros(1, head.feature_count),))
            for head in heads
        }
        # No partitioner: XNNPACK would cost more to call than these products take.
        return bytes(exir.to_edge_transform_and_lower(exported).to_executorch().buffer)


def link(program: bytes, heads: bytes) -> bytes:
    """A program with the methods of both; those that both have are the second one's."""
    with quiet_toolchain():
        serial = importlib.import_module("executorch.exir._serialize._program")
        file, added = serial.deserialize_pte_binary(program), serial.deserialize_pte_binary(heads)
        replaced = {plan.name for plan in added.program.execution_plan}
        kept = [plan for plan in file.program.execution_plan if plan.name not in replaced]
        constants = file.program.constant_buffer[:1]  # the first is empty, and stands for "none"
        for plans, buffers in (
            (kept, file.program.constant_buffer),
            (added.program.execution_plan, added.program.constant_buffer),
        ):
            _move_constants(plans, buffers, constants)
        file.program.execution_plan = [*kept, *added.program.execution_plan]
        file.program.constant_buffer = constants
        return bytes(serial.serialize_pte_binary(file, extract_delegate_segments=True))


def _move_constants(plans: Sequence[Any], buffers: Sequence[Any], constants: list[Any]) -> None:
    """Append to the constants those that the plans' tensors use, and renumber the tensors. Others are left behind."""
    moved: dict[int, int] = {}
    for plan in plans:
        for value in plan.values:
            index = getattr(value.val, "data_buffer_idx", 0)
            if not index or value.val.allocation_info is not None:  # memory of the method's own
                continue
            if index not in moved:
                moved[index] = len(constants)
                constants.append(buffers[index])
            value.val.data_buffer_idx = moved[index]
