"""What R8 is told: its own defaults, the application's rules, and those that libraries bring along."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

_DEFAULTS = Path(__file__).with_name("r8_defaults.pro")
_FOR_R8 = re.compile(r"META-INF/com\.android\.tools/r8(?!-upto-)[^/]*/[^/]+")
_FOR_ALL = re.compile(r"META-INF/proguard/[^/]+")


def write_rules(out: Path, *, own: Sequence[Path], linked: Path, aars: Sequence[Path], jars: Sequence[Path]) -> None:
    """Write one file of all rules.

    Args:
        out: to write.
        own: the application's files of rules.
        linked: what the linked manifest and layouts name.
        aars: folders of unpacked libraries.
        jars: the class path, those of the libraries too.
    """
    texts = [(str(path), path.read_text(encoding="utf-8")) for path in (_DEFAULTS, *own, linked)]
    for folder in aars:
        if (rules := folder / "proguard.txt").is_file():
            texts.append((folder.name, rules.read_text(encoding="utf-8")))
    for jar in jars:
        texts += [(f"{jar.name}, {name}", text) for name, text in _rules_within(jar)]
    out.parent.mkdir(parents=True, exist_ok=True)
    _ = out.write_text("".join(f"# {source}\n{text.rstrip()}\n\n" for source, text in texts), encoding="utf-8")


def _rules_within(jar: Path) -> Iterator[tuple[str, str]]:
    """Rules of a jar: those for R8 or, without any, those for every shrinker."""
    with zipfile.ZipFile(jar) as archive:
        names = archive.namelist()
        found = [name for name in names if _FOR_R8.fullmatch(name)] or [
            name for name in names if _FOR_ALL.fullmatch(name)
        ]
        for name in found:
            yield name, archive.read(name).decode()
