"""What cannot be written is told in one line, with an exit code of its own."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from tests.routing.outcomes import two_tiers
from upcall.edge_runtime.errors import OutputError
from upcall.routing.output import check_file, made_folder, unwritable
from upcall.routing.tables.parquet import write_table

FULL = Path("/dev/full")


def route(*arguments: object, out: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    code = "import sys; from upcall.edge_runtime.cli.main import main; sys.argv[0] = 'upcall'; main()"
    command = [sys.executable, "-c", code, "route", *map(str, arguments)]
    return subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=False)


def test_a_full_disk() -> None:
    with pytest.raises(OutputError, match="cannot be written \\(No space left on device\\)"), unwritable(Path("o")):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_places_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder"):
        check_file(tmp_path)
    with pytest.raises(OutputError, match="there is no folder"):
        check_file(tmp_path / "no" / "file")
    check_file(tmp_path / "file")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        made_folder(tmp_path / "file" / "folder")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")
def test_figures_on_a_full_disk(tmp_path: Path) -> None:
    write_table(two_tiers(90), tmp_path / "t.parquet")
    with FULL.open("w") as full:
        done = route(
            "eval",
            "--table",
            tmp_path / "t.parquet",
            "--methods",
            "random",
            "--resamples",
            5,
            "--json",
            out=full.fileno(),
        )
    assert done.returncode == OutputError.exit_code
    assert done.stderr.splitlines()[-2].startswith("Error: The output cannot be written (No space left on device).")
    assert "Traceback" not in done.stderr


def test_commands_whose_file_cannot_be_written(tmp_path: Path) -> None:
    table, folder = tmp_path / "t.parquet", tmp_path / "folder"
    write_table(two_tiers(90), table)
    folder.mkdir()
    (tmp_path / "wide.csv").write_text("quality.a,cost.a\n" + "0,1\n1,1\n" * 5)
    for command in (
        ("import", "csv", tmp_path / "wide.csv", "--out", folder),
        ("train", "--table", table, "--out", tmp_path / "no" / "head"),
        ("report", "--table", table, "--methods", "random", "--out", table),
        ("collect", "--tasks", "addition", "--out", table / "o.parquet"),
    ):
        done = route(*command)
        assert done.returncode == OutputError.exit_code, done.stderr
        assert done.stderr.startswith("Error: "), command
        assert "cannot be written" in done.stderr.splitlines()[0]
