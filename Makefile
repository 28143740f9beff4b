# Every target sets up what it needs. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
# Extras of one environment; constraints.txt pins them and all they need.
EXTRAS := onnx,cloud,routing,export,vault,deploy,dev
PROTOC = PATH=$(BIN):$$PATH $(BIN)/python -m grpc_tools.protoc --proto_path=proto
PROTOS := $(wildcard proto/upcall/protocol/v1/*.proto)
export HF_HUB_DISABLE_TELEMETRY := 1
export ORT_DISABLE_TELEMETRY := 1

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 21

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Upcall needs Python 3.11 or later, found: $$($(PYTHON) --version). Next: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	touch $@

setup: .venv/installed ## create .venv and install everything, pinned

demo: setup ## pull the models, export, start the service, ask real questions
	$(BIN)/upcall demo $(DEMO)

pull: setup ## pull the models that the tests use
	$(BIN)/upcall pull --device --cloud rampart

# Two processes: with more, real models would not fit the memory of a small machine. A file's tests stay together, as they share fixtures.
test: setup pull ## all tests, those on real weights and those in Kotlin too
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile
	$(BIN)/python -m android.check

BUNDLE = $${UPCALL_HOME:-$$HOME/.cache/upcall}/bundles/smollm2-135m-instruct-onnx_int4_g32
# REDACTION=... measures redaction too: see `.venv/bin/python -m benchmarks.redaction --help`.
# BENCH=... adds bundles and peers to the engines: see `.venv/bin/python -m benchmarks.engines --help`.
bench: setup pull ## measure exporter, engines and masked answers, write benchmarks/RESULTS.md; leave the machine alone meanwhile
	test -d "$(BUNDLE)" || $(BIN)/upcall export smollm2-135m-instruct --to onnx
	$(BIN)/python -m benchmarks.export
	$(BIN)/python -m benchmarks.engines $(BENCH)
	$(BIN)/python -m benchmarks.masked_answers
	test -z "$(REDACTION)" || $(BIN)/python -m benchmarks.redaction $(REDACTION)

android: setup pull ## compile, check and test the Kotlin modules and the app; needs a JDK 17, Maven, npm and aapt; MODULES=... chooses
	$(BIN)/python -m android.check $(MODULES)

android-screenshots: setup ## take the pictures of docs/android anew
	$(BIN)/python -m android.check --screenshots

kotlin-demo: setup pull ## the sample on the JVM: the exported bundle, and the service on loopback
	test -d "$(BUNDLE)" || $(BIN)/upcall export smollm2-135m-instruct --to onnx
	$(BIN)/python -m android.check.demo "$(BUNDLE)"

android-lock: setup ## accept the artefacts that the Kotlin modules now resolve to
	$(BIN)/python -m android.check --lock

android-format: setup ## let ktlint mend the Kotlin sources
	$(BIN)/python -m android.check --format

lint: setup ## format, style, layering, protocol
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	cd proto && ../$(BIN)/buf lint && ../$(BIN)/buf breaking --against baseline.binpb

types: setup ## mypy, strict
	$(BIN)/mypy

gen: setup ## write the Python stubs of the protocol
	$(PROTOC) --python_out=proto/python --mypy_out=proto/python $(PROTOS)
	$(PROTOC) --grpc_python_out=proto/python --mypy_grpc_out=proto/python proto/upcall/protocol/v1/escalation.proto

baseline: setup ## accept the protocol as it is as the one that later changes must not break
	cd proto && ../$(BIN)/buf build --output baseline.binpb

constraints: ## pin the newest versions that fit pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-header --no-annotate --no-emit-package upcall \
	  --upgrade pyproject.toml --output-file constraints.txt

.PHONY: help setup demo pull test bench android android-screenshots android-lock android-format kotlin-demo lint types gen baseline constraints
