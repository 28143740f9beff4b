"""The tree is what the README says, and the namespace package stays one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
MAX_PYTHON_LINES = 400
GENERATED = "proto/python/upcall/protocol/v1/"


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [name for name in listed if (ROOT / name).exists()]


def folder_map() -> dict[str, str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## Where things are\n+```\n(.*?)```", text, re.DOTALL)
    assert block is not None
    lines = [re.fullmatch(r"(\S+) {2,}(\S.*)", line) for line in block[1].splitlines()]
    assert all(lines), "each line of the map is a path, two spaces or more, and what it is"
    return {line[1]: line[2] for line in lines if line}


def test_folder_map_names_only_what_exists() -> None:
    files = tracked()
    folders = {f"{parent}/" for name in files for parent in PurePosixPath(name).parents}
    assert not [path for path in folder_map() if path not in folders and path not in files]


def test_folder_map_names_every_folder_with_files() -> None:
    mapped = set(folder_map())
    # tests/ mirrors the packages and needs no lines of its own below the first level; a Kotlin module mirrors its package,
    # and Room its database.
    with_files = {
        f"{parent}/"
        for name in tracked()
        if (parent := PurePosixPath(name).parent) != PurePosixPath(".")
        and not (name.startswith("tests/") and len(parent.parts) > 2)
        and not (name.startswith("android/") and {"src", "schemas"} & set(parent.parts))
    }
    assert not sorted(with_files - mapped)


def test_namespace_package_has_no_init() -> None:
    files = tracked()
    assert not [name for name in files if name.endswith("upcall/__init__.py")]
    assert not [name for name in files if name.startswith(("tests/", "proto/")) and name.endswith("__init__.py")]


def test_files_stay_small() -> None:
    long = {}
    for name in tracked():
        if name.endswith(".py") and not name.startswith(GENERATED):
            lines = (ROOT / name).read_text(encoding="utf-8").count("\n")
            if lines > MAX_PYTHON_LINES:
                long[name] = lines
    assert not long


def test_no_vague_names() -> None:
    vague = re.compile(r"(^|/|_)(utils?|helpers?|managers?|common|misc)(\.py|/)|_impl\.py")
    assert not [name for name in tracked() if vague.search(name)]


@pytest.mark.parametrize("package", ["edge_runtime", "routing", "export", "cloud_service", "deploy"])
def test_tests_mirror_the_source(package: str) -> None:
    for test in (ROOT / "tests" / package).rglob("test_*.py"):
        source = ROOT / package / "upcall" / package / test.relative_to(ROOT / "tests" / package).parent
        assert source.is_dir(), f"{test} stands beside nothing"


def test_docs_list_every_suite_of_vectors() -> None:
    suites = (ROOT / "docs/protocol.md").read_text(encoding="utf-8").partition("| suite |")[2]
    listed = re.findall(r"^\| ([a-z_]+) \|", suites, re.MULTILINE)
    assert listed == sorted(path.stem for path in (ROOT / "proto/vectors").glob("*.json"))


def test_every_suite_of_vectors_is_run() -> None:
    runners = [path.read_text(encoding="utf-8") for path in (ROOT / "tests/conformance").glob("test_*_vectors.py")]
    for path in (ROOT / "proto/vectors").glob("*.json"):
        assert any(path.stem in runner for runner in runners), path.name
