"""Keeps what the benchmarks measured in ``results/NAME.json`` and shows all of it in RESULTS.md."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema

from upcall.edge_runtime.home import upcall_home

FOLDER = Path(__file__).parent / "results"
SCHEMA = FOLDER / "results.schema.json"
PAGE = Path(__file__).with_name("RESULTS.md")
_HEAD = """# Measured results

Written by `python -m benchmarks.results` from the files in `benchmarks/results/`; do not edit. Measure again with `make bench`.
A peer runs the same weights on the same threads in the same sitting, at its best known settings.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    Args:
        figure: what was measured.
        value: in ``unit``.
        unit: for example "tok/s".
        target: such as "≥ 1.4 × the peer"; None where there is none.
        holds: whether the value meets the target; None where there is none.
        peer: whom it is compared with; None for nobody.
        peer_value: the peer's, in ``unit``.
        note: range, settings, what else must be known to read it.
    """

    figure: str
    value: float
    unit: str
    target: str | None = None
    holds: bool | None = None
    peer: str | None = None
    peer_value: float | None = None
    note: str = ""


def at_most(bound: float, value: float) -> tuple[str, bool]:
    """The target "≤ bound" and whether the value holds it."""
    return f"≤ {bound:g}", value <= bound


def at_least(bound: float, value: float) -> tuple[str, bool]:
    """The target "≥ bound" and whether the value holds it."""
    return f"≥ {bound:,.10g}", value >= bound


def times_the_peer(factor: float, value: float, peer_value: float) -> tuple[str, bool]:
    """The target "≥ factor × the peer" and whether the value holds it."""
    return "≥ the peer" if factor == 1 else f"≥ {factor:g} × the peer", value >= factor * peer_value


def portable(path: Path) -> str:
    """A path that says nothing of this machine: from UPCALL_HOME or the working folder, else its last name only."""
    whole = path.expanduser().absolute()
    for root, name in ((upcall_home().absolute(), "$UPCALL_HOME/"), (Path.cwd(), "")):
        if whole.is_relative_to(root):
            return name + whole.relative_to(root).as_posix()
    return whole.name


def command_line(script: str, arguments: Sequence[str]) -> str:
    """The command as it is written down, every argument that is a path on this machine made portable."""
    shown = [portable(Path(part)) if "/" in part else shlex.quote(part) for part in arguments]
    return " ".join(["python", "-m", script, *shown])


def check(content: Mapping[str, Any]) -> None:
    """Refuse what is not in the format.

    Raises:
        jsonschema.ValidationError: names the place.
    """
    jsonschema.validate(content, json.loads(SCHEMA.read_text(encoding="utf-8")))


def write(name: str, *, command: str, machine: str, rows: Sequence[Row], folder: Path = FOLDER) -> Path:
    """Write ``NAME.json`` and give its path. Values keep six significant digits."""
    listed = [asdict(row) for row in rows]
    for row in listed:
        for key in ("value", "peer_value"):
            row[key] = None if row[key] is None else float(f"{row[key]:.6g}")
    content = {"command": command, "date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine, "rows": listed}
    check(content)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def publish(name: str, *, command: str, machine: str, rows: Sequence[Row]) -> None:
    """Keep these figures, and show them in RESULTS.md beside all others; see ``write``."""
    write(name, command=command, machine=machine, rows=rows)
    PAGE.write_text(page(read_all()), encoding="utf-8")


def read_all(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Every result by name, in alphabetical order; the schema is none."""
    paths = sorted(path for path in folder.glob("*.json") if not path.name.endswith(".schema.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def page(results: Mapping[str, Mapping[str, Any]]) -> str:
    """RESULTS.md of these results."""
    parts = [_HEAD, _targets(results)]
    for name, content in results.items():
        table = [
            "| Figure | Value | Target | Holds | Peer | Peer's value | Note |",
            "|---|---:|---|---|---|---:|---|",
            *(_line(row) for row in content["rows"]),
        ]
        where = f"{content['date']} on {content['machine']}: `{content['command']}`"
        parts.append("\n".join([f"## {name.capitalize()}", "", where, "", *table, ""]))
    return "\n".join(parts)


def _targets(results: Mapping[str, Mapping[str, Any]]) -> str:
    aimed = [(name, row) for name, content in results.items() for row in content["rows"] if row["target"] is not None]
    if not aimed:
        return "No target was measured yet.\n"
    missed = [_missed(name, row) for name, row in aimed if not row["holds"]]
    lines = [f"{len(aimed) - len(missed)} of {len(aimed)} targets hold.", *(["Missed:", ""] if missed else []), *missed]
    return "\n".join(lines) + "\n"


def _missed(name: str, row: Mapping[str, Any]) -> str:
    peer = f" ({row['peer']}: {_value(row, 'peer_value')})" if row["peer"] else ""
    return f"- {name}: {row['figure']} is {_value(row, 'value')}; target {row['target']}{peer}"


def _line(row: Mapping[str, Any]) -> str:
    holds = {None: "", True: "yes", False: "**no**"}[row["holds"]]
    cells = [
        row["figure"],
        _value(row, "value"),
        row["target"] or "",
        holds,
        row["peer"] or "",
        _value(row, "peer_value"),
        row["note"],
    ]
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _value(row: Mapping[str, Any], key: str) -> str:
    return "" if row[key] is None else f"{row[key]:,.{_decimals(row[key])}f} {row['unit']}"


def _decimals(value: float) -> int:
    """So many that at least three digits are seen."""
    size = abs(value)
    if size >= 100 or size == 0:
        return 0
    return 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 7


def main() -> None:
    """Write RESULTS.md."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.results",
        description="Write benchmarks/RESULTS.md from benchmarks/results/*.json.",
        epilog="examples:\n  python -m benchmarks.results\n  python -m benchmarks.results --check",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where the page is not what the files give"
    )
    given = parser.parse_args()
    results = read_all()
    for content in results.values():
        check(content)
    text = page(results)
    if not given.check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("benchmarks/RESULTS.md is not what benchmarks/results gives.\nNext: python -m benchmarks.results")


if __name__ == "__main__":
    main()
