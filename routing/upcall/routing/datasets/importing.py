"""Outcomes that others recorded, as outcome tables: wide CSV files, and RouteLLM's GSM8K and MMLU."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from upcall.edge_runtime.errors import InputError
from upcall.routing.tables.outcome_table import OutcomeTable, Split, outcome_table

SHARES = (0.4, 0.3, 0.3)
"""Of queries in train, calibration and test."""
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
_ALLOWED_COLUMNS = (
    "quality.TIER and cost.TIER of each tier, the device first; if known query_id, task, prompt, split, private_tokens, "
    "detected_private_tokens, answer.TIER, and feature.NAME of the device"
)
_BOOLEANS = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, slots=True)
class _Columns:
    """A CSV file's names and rows, every row as wide as the names."""

    path: Path
    names: tuple[str, ...]
    rows: list[list[str]]

    def texts(self, name: str) -> list[str] | None:
        """[N], None where the file has no such column."""
        if name not in self.names:
            return None
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def numbers(self, name: str) -> list[float] | None:
        """[N] finite numbers, true and false as 1 and 0. The cell itself is not told: a shifted column may hold a prompt."""
        texts = self.texts(name)
        return None if texts is None else [self._number(one, name, row) for row, one in enumerate(texts, start=1)]

    def _number(self, text: str, name: str, row: int) -> float:
        try:
            value = _BOOLEANS.get(text.strip().lower())
            value = float(text) if value is None else value
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(
                f"Row {row} of {self.path.name} has no number in the column {name}.", allowed="a number, true or false"
            )
        return value

    def after(self, prefix: str) -> list[str]:
        """What follows the prefix in names that begin with it, in the file's order."""
        return [name.removeprefix(prefix) for name in self.names if name.startswith(prefix)]


def read_wide_csv(
    path: Path,
    *,
    costs: Mapping[str, float] | None = None,
    cost_unit: str = "",
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> OutcomeTable:
    """A CSV file with one row a query, and a column of quality and one of cost for each tier.

    Args:
        path: UTF-8, a header first: ``quality.TIER`` in [0, 1] and ``cost.TIER`` ≥ 0 of each tier, the device first. If known
            ``query_id``, ``task``, ``prompt``, ``split``, ``private_tokens``, ``detected_private_tokens``, ``answer.TIER``, and
            ``feature.NAME`` of the device, such as ``feature.post.mean_log_prob``.
        costs: of tiers without a column, the same for every query.
        cost_unit: written into the table.
        shares, seed: of the splits, where there is no column ``split``; see ``splits_of``.

    Raises:
        InputError: the file is not of that form; the row and the column are told, no cell.
    """
    given = _read(path)
    tiers = given.after("quality.")
    if not tiers:
        raise InputError(f"{path} has no column of quality.", allowed=_ALLOWED_COLUMNS)
    fixed = dict(costs or {})
    known = {*tiers, *given.after("cost.")}
    for name in (*fixed, *given.after("cost."), *given.after("answer.")):
        if name not in tiers:
            raise InputError(
                f"There is no quality of the tier '{name[:40]}'.", allowed=", ".join(sorted(known & set(tiers)))
            )
    quality, cost = [], []
    for tier in tiers:
        quality.append(given.numbers(f"quality.{tier}") or [])
        own = given.numbers(f"cost.{tier}")
        if own is None and tier not in fixed:
            raise InputError(f"{path} has no column cost.{tier}.", allowed=f"that column, or --cost {tier}=NUMBER")
        cost.append(own if own is not None else [fixed[tier]] * len(given.rows))
    prompts = given.texts("prompt")
    ids = given.texts("query_id") or [str(row) for row in range(1, len(given.rows) + 1)]
    names = given.after("feature.")
    features = np.array([given.numbers(f"feature.{name}") for name in names], dtype=np.float32).T if names else None
    unknown: list[str | None] = [None] * len(given.rows)
    answers = [given.texts(f"answer.{tier}") or unknown for tier in tiers]
    counts = {
        name: np.array(own, dtype=np.int64)
        for name in ("private_tokens", "detected_private_tokens")
        if (own := given.numbers(name)) is not None
    }
    return outcome_table(
        query_ids=ids,
        tiers=tiers,
        quality=np.array(quality).T,
        cost=np.array(cost).T,
        splits=given.texts("split") or splits_of(prompts or ids, shares=shares, seed=seed),
        tasks=given.texts("task"),
        prompts=prompts,
        answers=np.array(answers, dtype=object).T,
        features=[features, *[None] * (len(tiers) - 1)],
        feature_names=[names, *[[]] * (len(tiers) - 1)],
        about={"source": path.name, "cost_unit": cost_unit or "not said"},
        **counts,
    )


def _read(path: Path) -> _Columns:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            names = tuple(next(reader, ()))
            rows = [row for row in reader if row]
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 at byte {error.start}.", next_step="convert it, for example with iconv"
        ) from None
    except csv.Error:
        raise InputError(
            f"{path} is no CSV file that can be read.", allowed="commas, and double quotes that close"
        ) from None
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{path} has the column '{twice[0][:40]}' twice.", allowed="every column once")
    if not rows:
        raise InputError(f"{path} holds no queries.", allowed="a header, and a row a query")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise InputError(
                f"Row {number} of {path.name} has {len(row)} cells.", allowed=f"{len(names)}, as the header"
            )
    return _Columns(path, names, rows)


def splits_of(keys: Sequence[str], *, shares: Sequence[float] = SHARES, seed: int = 0) -> list[str]:
    """[N] splits at random. Equal keys (a prompt that comes twice) are in the same, so that nothing is tested on what was seen.

    Args:
        keys: [N].
        shares: of train, calibration and test; they sum to 1.
        seed: same seed, same splits.

    Raises:
        InputError: the shares are not three that sum to 1, or a split would be empty.
    """
    if len(shares) != 3 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise InputError(f"The shares are {list(shares)}.", allowed="three above 0 that sum to 1, such as 0.4 0.3 0.3")
    unique = list(dict.fromkeys(keys))
    counts = [round(len(unique) * share) for share in shares[:2]]
    named = np.repeat(np.array(list(Split)), [*counts, max(0, len(unique) - sum(counts))])[: len(unique)]
    if len(set(named.tolist())) < 3:
        raise InputError(f"{len(unique)} different queries are too few for three splits.", allowed="3 or more")
    drawn = np.random.default_rng(seed).permutation(named)
    of = dict(zip(unique, drawn.tolist(), strict=True))
    return [of[key] for key in keys]


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
    given = _read(data / _GSM8K)
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
    read = [(path.stem.removeprefix("mmlu_"), _read(path)) for path in paths]
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


def _column(given: _Columns, name: str) -> list[float]:
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
