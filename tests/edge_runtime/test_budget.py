from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest

from upcall.edge_runtime.budget import Allowance, Budget
from upcall.edge_runtime.decision.budget import Bucket, CallPrices
from upcall.edge_runtime.errors import InputError, OutputError

CALL = {"input_tokens": 1000, "output_tokens": 100}


class Clock:
    now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def budget(path: Path, clock: Clock, *, calls: float | None = None, money: float | None = None) -> Budget:
    kept = Budget(path / "budget.json", now_s=clock)
    kept.write(
        Allowance(
            calls=None if calls is None else Bucket.full(calls, now_s=clock.now_s),
            money=None if money is None else Bucket.full(money, now_s=clock.now_s),
            prices=CallPrices(per_call=0.01, per_million_input_tokens=10, per_million_output_tokens=100),
        )
    )
    return kept


def left(kept: Budget) -> tuple[float | None, float | None]:
    allowance = kept.read()
    return (
        allowance.calls.left if allowance.calls else None,
        round(allowance.money.left, 6) if allowance.money else None,
    )


def test_no_file_sets_no_limit_and_makes_none(tmp_path: Path, clock: Clock) -> None:
    kept = Budget(tmp_path / "none" / "budget.json", now_s=clock)
    assert not kept.state(**CALL).is_spent
    assert kept.reserve(**CALL) == 0.0
    kept.settle(0.0, **CALL)
    kept.release(0.0)
    assert not (tmp_path / "none").exists()


def test_a_call_taken_while_the_budget_is_changed_is_not_lost(tmp_path: Path, clock: Clock) -> None:
    kept = budget(tmp_path, clock, calls=5)

    with ThreadPoolExecutor(1) as pool:

        def unpriced(before: Allowance) -> Allowance:
            taken = pool.submit(kept.reserve, **CALL)
            assert wait([taken], timeout=0.3).not_done
            return replace(before, prices=CallPrices())

        kept.update(unpriced)
    assert left(kept) == (4, None)


def test_a_call_is_taken_and_settled_by_what_it_cost(tmp_path: Path, clock: Clock) -> None:
    kept = budget(tmp_path, clock, calls=2, money=1)
    reserved = kept.reserve(**CALL)
    assert reserved is not None and reserved == pytest.approx(0.03)
    assert left(kept) == (1, 0.97)
    kept.settle(reserved, input_tokens=500, output_tokens=10)
    assert left(kept) == (1, 0.984)


def test_a_call_that_brought_nothing_is_given_back(tmp_path: Path, clock: Clock) -> None:
    kept = budget(tmp_path, clock, calls=2, money=1)
    kept.release(kept.reserve(**CALL) or 0.0)
    assert left(kept) == (2, 1)


def test_it_refills(tmp_path: Path, clock: Clock) -> None:
    kept = budget(tmp_path, clock, calls=1)
    assert kept.reserve(**CALL) is not None
    assert kept.reserve(**CALL) is None
    clock.now_s += 86_400 / 2
    assert kept.reserve(**CALL) is None
    clock.now_s += 86_400 / 2
    assert kept.reserve(**CALL) is not None


def test_a_clock_that_was_set_back_gives_nothing_and_goes_on_from_then(tmp_path: Path, clock: Clock) -> None:
    kept = budget(tmp_path, clock, calls=1)
    kept.reserve(**CALL)
    clock.now_s -= 10 * 86_400
    assert kept.state(**CALL).is_spent
    clock.now_s += 86_400
    assert not kept.state(**CALL).is_spent


def test_what_is_taken_lives_longer_than_the_program(tmp_path: Path, clock: Clock) -> None:
    budget(tmp_path, clock, calls=1).reserve(**CALL)
    assert Budget(tmp_path / "budget.json", now_s=clock).state(**CALL).is_spent


def test_threads_share_one_budget(tmp_path: Path, clock: Clock) -> None:
    kept = budget(tmp_path, clock, calls=5)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: kept.reserve(**CALL), range(12)))
    assert sum(one is not None for one in taken) == 5


def test_programs_share_one_budget(tmp_path: Path, clock: Clock) -> None:
    budget(tmp_path, clock, calls=5)
    program = (
        "import sys; from pathlib import Path; from upcall.edge_runtime.budget import Budget\n"
        f"kept = Budget(Path(sys.argv[1]), now_s=lambda: {clock.now_s})\n"
        "print(sum(kept.reserve(input_tokens=1, output_tokens=1) is not None for _ in range(4)))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "budget.json")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert sum(int(one.communicate()[0]) for one in running) == 5


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 2, "calls": null, "money": null, "prices": {}}',
        '{"version": 1, "calls": null, "money": null}',
        '{"version": 1, "calls": 5, "money": null, "prices": {}}',
        '{"version": 1, "calls": {"per_day": 1, "left": 2, "updated_at_s": 0}, "money": null, "prices": {}}',
        '{"version": 1, "calls": {"per_day": NaN, "left": 0, "updated_at_s": 0}, "money": null, "prices": {}}',
        '{"version": 1, "calls": {"per_day": "9", "left": 0, "updated_at_s": 0}, "money": null, "prices": {}}',
        '{"version": 1, "calls": null, "money": null, "prices": {"per_call": -1}}',
        "[" * 9_000,
        "\udcff",
    ],
)
def test_what_is_no_budget_is_refused_and_left_as_it_is(tmp_path: Path, clock: Clock, content: str) -> None:
    path = tmp_path / "budget.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    kept = Budget(path, now_s=clock)
    with pytest.raises(InputError, match="is no budget"):
        kept.read()
    with pytest.raises(InputError):
        kept.reserve(**CALL)
    assert kept.state(**CALL).is_spent, "what cannot be read must not be overspent"
    assert path.read_bytes() == content.encode(errors="surrogateescape")
    kept.write(Allowance())
    assert not kept.state(**CALL).is_spent


def test_a_file_for_its_owner_alone(tmp_path: Path, clock: Clock) -> None:
    budget(tmp_path, clock, calls=1)
    assert (tmp_path / "budget.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "budget.json").read_text())["version"] == 1


def test_a_folder_that_cannot_be_written(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        Budget(tmp_path / "file" / "budget.json", now_s=clock).write(Allowance())
