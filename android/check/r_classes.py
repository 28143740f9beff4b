"""The R classes: the numbers of resources, of each package those that its own list names, as Android's plugin does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from android.check.errors import CheckError

_LINE = re.compile(r"(?P<java>int(?:\[\])?) (?P<kind>\w+) (?P<name>\w+) (?P<value>.+)")
_ID = re.compile(r"@\+id/(\w+)")
_ARRAYS = {"string-array": "array", "integer-array": "array"}
_STYLEABLE = "styleable"
Symbols = Mapping[tuple[str, str], str]
"""Value of each resource by kind and name, as R.txt writes it; an array in braces."""


def read_symbols(path: Path) -> dict[tuple[str, str], str]:
    """The list of a library or of a whole application."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        if not (match := _LINE.fullmatch(line.strip())):
            raise CheckError(f"{path} is no list of resources: {line}")
        found[(match["kind"], match["name"])] = match["value"]
    return found


def own_names(resources: Path) -> set[tuple[str, str]]:
    """Kind and name of every resource that a folder ``res`` declares. Raises CheckError for attributes of views."""
    found: set[tuple[str, str]] = set()
    for path in sorted(resources.glob("*/*")):
        kind = path.parent.name.split("-")[0]
        if path.suffix == ".xml":
            found |= {("id", name) for name in _ID.findall(path.read_text(encoding="utf-8"))}
        if kind != "values":
            found.add((kind, path.name.split(".")[0]))
            continue
        # A file of this repository: no stranger's XML.
        for entry in ElementTree.parse(path).getroot():  # noqa: S314
            if entry.tag in ("declare-styleable", "attr"):
                raise CheckError(f"{path} declares attributes of views, which the check does not compile")
            tag = entry.get("type", "") if entry.tag == "item" else entry.tag
            found.add((_ARRAYS.get(tag, tag), re.sub(r"[.-]", "_", entry.get("name", ""))))
    return found


def write_classes(packages: Mapping[str, Iterable[tuple[str, str]]], symbols: Symbols, out: Path) -> list[Path]:
    """Write the source of an R class for each package that has resources.

    Args:
        packages: kind and name of the resources of each.
        symbols: of the whole application.
        out: folder of the sources.
    """
    written = []
    for package, names in packages.items():
        text = _source(package, sorted({name for name in names if name in symbols}), symbols)
        if text:
            path = out / package.replace(".", "/") / "R.java"
            path.parent.mkdir(parents=True, exist_ok=True)
            _ = path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def _source(package: str, names: Sequence[tuple[str, str]], symbols: Symbols) -> str:
    if not names:
        return ""
    lines = [f"package {package};", "public final class R {"]
    for kind in dict.fromkeys(kind for kind, _ in names):
        lines.append(f"  public static final class {kind} {{")
        for name in (name for each, name in names if each == kind):
            value = symbols[(kind, name)]
            java = "int[]" if value.startswith("{") else "int"
            lines.append(f"    public static {java} {name} = {value};")
        lines.append("  }")
    return "\n".join([*lines, "}", ""])
