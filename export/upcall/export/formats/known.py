"""The formats that this version writes, by the names of ``--to``."""

from __future__ import annotations

from upcall.export.formats.format import Format
from upcall.export.formats.onnx_graph.format import OnnxFormat
from upcall.export.formats.program.format import ProgramFormat

FORMATS: dict[str, Format] = {"onnx": OnnxFormat(), "executorch": ProgramFormat()}
