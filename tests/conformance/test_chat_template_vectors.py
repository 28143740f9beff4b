from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from tests.conformance.refusals import refused
from upcall.edge_runtime.bundle import template_from_proto
from upcall.edge_runtime.conversation import Message, Role
from upcall.protocol.v1 import bundle_pb2

SUITE = json.loads((Path(__file__).parents[2] / "proto/vectors/chat_template.json").read_text())


@pytest.mark.parametrize("case", SUITE["render"], ids=lambda case: case["name"])
def test_render(case: dict[str, Any]) -> None:
    template = template_from_proto(json_format.ParseDict(case["template"], bundle_pb2.ChatTemplate()))

    def render() -> list[dict[str, object]]:
        messages = [Message(Role(given["role"]), given["content"]) for given in case["messages"]]
        return [{"text": piece.text, "is_template": piece.is_template} for piece in template.render(messages)]

    if "error" in case:
        with refused(case["error"]):
            render()
    else:
        assert render() == case["expect"]
