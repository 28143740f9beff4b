"""Outcomes that RouteLLM recorded, as outcome tables: GSM8K and MMLU."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import OutcomeTable, outcome_table
from upcall.routing.tables.splits import SHARES, splits_of
from upcall.routing.tables.wide_csv import Columns, read_columns

MIXTRAL, GPT4 = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
PAIR_COSTS = {MIXTRAL: 0.24, GPT4: 24.7}
PAIR_COST_UNIT = "US dollars a million tokens, as Ong et al. 2024 (RouteLLM, 2406.18665) estimate them"
_SOLVERS = ("6b_finetuning", "175b_finetuning", "6b_verification", "175b_verification")
SIX_COSTS = dict(zip((*_SOLVERS, MIXTRAL, GPT4), (1.0, 2.0, 4.0, 8.0, 16.0, 32.0), strict=True))
SIX_COST_UNIT = (
    "assumed: each system costs twice the one before, in order of quality; four of the six have no published price"
)
_GSM8K = Path("routing/routellm/gsm8k_responses.csv")
_SOLUTIONS = Path("tasks/gsm8k/example_model_solutions.jsonl")
_MMLU = Path("routing/routellm/mmlu")


def read_gsm8k(
    data: Path, *, costs: Mapping[str, float] | None = None, shares: Sequence[float] = SHARES, seed: int = 0
) -> OutcomeTable:
    """RouteLLM's GSM8K answers of two systems, with the four of GSM8K's example solutions: six systems on 1,319 questions.

    Args:
        data: the folder that holds ``routing/routellm`` and ``tasks/gsm8k``.
        costs: of each system; tiers are those named, in this order. None: all six at ``SIX_COSTS``.
        shares, seed: see ``splits_of``.

    Raises:
        InputError: a file is missing or of another form, or a system is unknown.

    Source: lm-sys/RouteLLM (Mixtral-8x7B, GPT-4; graded there), openai/grade-school-math (is_correct of each solution).
    """
    given = read_columns(data / _GSM8K)
    wanted = dict(costs or SIX_COSTS)
    _check_systems(wanted, SIX_COSTS)
    prompts = given.texts("prompt") or []
    solved = _solutions(data / _SOLUTIONS) if set(wanted) & set(_SOLVERS) else {}
    quality = np.zeros((len(prompts), len(wanted)))
    answers = np.full((len(prompts), len(wanted)), None, dtype=object)
    for tier, name in enumerate(wanted):
        if name in _SOLVERS:
            if missing := [row for row, prompt in enumerate(prompts, start=1) if prompt not in solved]:
                raise InputError(
                    f"Row {missing[0]} of {_GSM8K.name} has no example solution.", allowed="the same questions"
                )
            quality[:, tier] = [solved[prompt][name]["is_correct"] is True for prompt in prompts]
            answers[:, tier] = [str(solved[prompt][name]["solution"]) for prompt in prompts]
        else:
            quality[:, tier] = _column(given, name)
            answers[:, tier] = given.texts(f"{name}_response")
    return outcome_table(
        query_ids=[f"gsm8k-{row}" for row in range(1, len(prompts) + 1)],
        tiers=list(wanted),
        quality=quality,
        cost=np.tile(list(wanted.values()), (len(prompts), 1)),
        splits=splits_of(prompts, shares=shares, seed=seed),
        tasks=["gsm8k"] * len(prompts),
        prompts=prompts,
        answers=answers,
        about=_about("lm-sys/RouteLLM gsm8k_responses.csv, openai/grade-school-math", wanted),
    )


def _solutions(path: Path) -> dict[str, dict[str, dict[str, object]]]:
    """Question → system → its solution."""
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        found = {str(line["question"]): {name: line[name] for name in _SOLVERS} for line in lines}
        if not all({"is_correct", "solution"} <= own.keys() for line in found.values() for own in line.values()):
            raise KeyError
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).", next_step=_NEXT) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is not GSM8K's file of example solutions.", next_step=_NEXT) from None
    return found


def read_mmlu(
    data: Path, *, costs: Mapping[str, float] | None = None, shares: Sequence[float] = SHARES, seed: int = 0
) -> OutcomeTable:
    """RouteLLM's MMLU outcomes of two systems on 14,042 questions; the task is the subject. Answers were not recorded.

    Args, Raises: see ``read_gsm8k``.
    """
    wanted = dict(costs or PAIR_COSTS)
    _check_systems(wanted, PAIR_COSTS)
    paths = sorted((data / _MMLU).glob("mmlu_*.csv"))
    if not paths:
        raise InputError(f"There are no files of MMLU in {data / _MMLU}.", next_step=_NEXT)
    read = [(path.stem.removeprefix("mmlu_"), read_columns(path)) for path in paths]
    prompts = [prompt for _, own in read for prompt in own.texts("prompt") or []]
    return outcome_table(
        query_ids=[f"{subject}-{row}" for subject, own in read for row in range(1, len(own.rows) + 1)],
        tiers=list(wanted),
        quality=np.array([[value for _, own in read for value in _column(own, name)] for name in wanted]).T,
        cost=np.tile(list(wanted.values()), (len(prompts), 1)),
        splits=splits_of(prompts, shares=shares, seed=seed),
        tasks=[subject for subject, own in read for _ in own.rows],
        prompts=prompts,
        about=_about("lm-sys/RouteLLM mmlu", wanted),
    )


_NEXT = "give the folder that holds routing/routellm and tasks/gsm8k by --data or UPCALL_DATA"


def _column(given: Columns, name: str) -> list[float]:
    values = given.numbers(name)
    if values is None or given.texts("prompt") is None:
        raise InputError(f"{given.path} lacks the column {name if values is None else 'prompt'}.", next_step=_NEXT)
    return values


def _check_systems(wanted: Mapping[str, float], known: Mapping[str, float]) -> None:
    for name in _unknown(wanted, known):
        raise InputError(f"There is no system '{name[:40]}'.", allowed=", ".join(known))


def _unknown(wanted: Mapping[str, float], known: Mapping[str, float]) -> Iterator[str]:
    return (name for name in wanted if name not in known)


def _about(source: str, costs: Mapping[str, float]) -> dict[str, str]:
    published = {name: cost for name, cost in PAIR_COSTS.items() if name in costs} == dict(costs)
    assumed = dict(costs) == SIX_COSTS
    unit = PAIR_COST_UNIT if published else SIX_COST_UNIT if assumed else "as given at import"
    return {"source": source, "cost_unit": unit}
