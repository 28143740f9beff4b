"""Importing is free of work, and help does not wait for heavy packages."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = [
    "torch",
    "transformers",
    "onnx",
    "onnxruntime",
    "optimum",
    "xllamacpp",
    "gguf",
    "grpc",
    "phonenumbers",
    "tokenizers",
    "re2",
    "cryptography",
    "sklearn",
    "scipy",
    "matplotlib",
    "pyarrow",
    "adbutils",
    "requests",
]


def loaded_by(code: str) -> set[str]:
    program = f"{code}\nimport sys; print('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize(
    "module",
    [
        "upcall.edge_runtime",
        "upcall.export",
        "upcall.cloud_service",
        "upcall.deploy",
        "upcall.deploy.contract",
        "upcall.deploy.connecting",
        "upcall.edge_runtime.errors",
        "upcall.routing.evaluation.evaluate",
        "upcall.routing.cli.evaluate",
        "upcall.routing.cli.importing",
        "upcall.routing.cli.report",
    ],
)
def test_importing_a_package_loads_nothing_heavy(module: str) -> None:
    assert not loaded_by(f"import {module}") & set(HEAVY)


def test_help_loads_nothing_heavy() -> None:
    code = "\n".join(
        [
            "import sys; sys.argv = ['upcall', '--help']",
            "from upcall.edge_runtime.cli.main import main",
            "try: main()",
            "except SystemExit as end: assert not end.code",
        ]
    )
    assert not loaded_by(code) & {*HEAVY, "numpy", "google.protobuf"}


def test_the_decision_core_needs_no_adapter() -> None:
    adapters = {"grpc", "onnxruntime", "torch", "sqlite3", "http.server", "google.protobuf", "phonenumbers"}
    for module in (
        "decision.decide",
        "decision.confidence",
        "language_model.sampling",
        "language_model.chat_template",
        "session",
    ):
        assert not loaded_by(f"import upcall.edge_runtime.{module}") & adapters, module


@pytest.mark.parametrize(
    "module", ["upcall.edge_runtime.session", "upcall.edge_runtime.opening", "upcall.cloud_service"]
)
def test_importing_starts_no_thread_and_opens_no_socket(module: str) -> None:
    code = "\n".join(
        [
            "import sys, threading",
            "seen = []",
            "sys.addaudithook(lambda event, _: seen.append(event) if event.startswith('socket.') else None)",
            f"import {module}",
            "assert threading.active_count() == 1",
            "assert not [event for event in seen if event != 'socket.__new__'], seen",
        ]
    )
    loaded_by(code)
