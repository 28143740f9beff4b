from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.edge_runtime.cli.test_commands import upcall


def test_set_shown_and_lifted(tmp_path: Path) -> None:
    assert upcall("budget", home=tmp_path).stdout == "No limit is set.\n"
    assert not list(tmp_path.iterdir())
    done = upcall("budget", "--calls-per-day", "20", "--price-per-call", "0.01", home=tmp_path)
    assert done.stdout.splitlines()[0] == "calls   20.0 left of 20 a day"
    upcall("budget", "--money-per-day", "0.5", home=tmp_path)
    told = json.loads(upcall("budget", "--json", home=tmp_path).stdout)
    assert told["calls"]["per_day"] == 20 and told["money"]["left"] == 0.5 and told["prices"]["per_call"] == 0.01
    assert upcall("budget", "--unlimited", home=tmp_path).stdout == "No limit is set.\n"


def test_it_keeps_questions_on_the_device(tiny_bundle: Path, tmp_path: Path) -> None:
    upcall("budget", "--calls-per-day", "0", home=tmp_path)
    ask = ["ask", "--bundle", str(tiny_bundle), "--max-output-tokens", "4", "--no-ner"]
    done = upcall(*ask, "--cloud", "127.0.0.1:9", "--strategy", "cloud", "--why", "Hi", home=tmp_path)
    assert done.returncode == 0
    assert "device: over budget" in done.stderr
    assert "0 calls left: decided" in done.stderr and "Nothing left the device." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--calls-per-day", "-1"], "calls-per-day"),
        (["--calls-per-day", "nan"], "calls-per-day"),
        (["--money-per-day", "inf"], "finite"),
        (["--price-per-call", "many"], "price-per-call"),
        (["--unlimited", "--calls-per-day", "3"], "one of them"),
    ],
)
def test_what_is_no_budget_is_refused(arguments: list[str], expected: str, tmp_path: Path) -> None:
    done = upcall("budget", *arguments, home=tmp_path)
    assert done.returncode == 2
    assert expected in done.stderr
    assert not (tmp_path / "budget.json").exists()


def test_a_damaged_budget_is_told_and_set_anew(tmp_path: Path) -> None:
    (tmp_path / "budget.json").write_text("{")
    assert "set it anew" in upcall("budget", home=tmp_path).stderr
    assert upcall("budget", "--calls-per-day", "3", home=tmp_path).returncode == 0
