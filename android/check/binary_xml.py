"""XML of an application as aapt2 shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from android.check.errors import CheckError

_LINE = re.compile(r"(?P<indent> *)(?P<kind>[EATN]): (?P<rest>.*)")
_ELEMENT = re.compile(r"([\w.:-]+) \(line=\d+\)")
_ATTRIBUTE = re.compile(
    r'(?:https?://[^\s:=]+:)?([\w.-]+)(?:\(0x[0-9a-f]+\))?=(?:"(?P<text>.*?)" \(Raw: .*|(?P<bare>.*))'
)
_TEXT = re.compile(r"'(.*)'")


@dataclass
class Element:
    """An element.

    Args:
        name: its own.
        attributes: values by names without their namespace; of what is no text, as aapt2 writes it.
        children: within it.
        text: between its ends.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, *names: str) -> Iterator[Element]:
        """Every element of these names within it, in order."""
        for child in self.children:
            if child.name in names:
                yield child
            yield from child.all(*names)


def read_xml(apk: Path, name: str) -> Element:
    """A file of XML in an APK. Raises CheckError where there is none, or no aapt2."""
    if not (aapt2 := shutil.which("aapt2")):
        raise CheckError("aapt2 is missing, which reads applications", "apt-get install aapt")
    command = [aapt2, "dump", "xmltree", "--file", name, str(apk)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheckError(f"{apk.name} has no readable {name}: {done.stderr.strip()[-500:]}")
    return parse_tree(done.stdout)


def parse_tree(text: str) -> Element:
    """What ``aapt2 dump xmltree`` printed. Raises CheckError for a line that is not understood."""
    root = Element("")
    above = [(-1, root)]
    for line in text.splitlines():
        if not (match := _LINE.fullmatch(line)):
            raise CheckError(f"aapt2 printed what is not understood: {line[:200]}")
        indent, kind, rest = len(match["indent"]), match["kind"], match["rest"]
        while above[-1][0] >= indent:
            above.pop()
        parent = above[-1][1]
        if kind == "E" and (found := _ELEMENT.fullmatch(rest)):
            element = Element(found[1])
            parent.children.append(element)
            above.append((indent, element))
        elif kind == "A" and (found := _ATTRIBUTE.fullmatch(rest)):
            parent.attributes[found[1]] = found["text"] if found["text"] is not None else found["bare"]
        elif kind == "T" and (found := _TEXT.fullmatch(rest)):
            parent.text += found[1]
        elif kind == "N":
            above.append((indent, parent))
        else:
            raise CheckError(f"aapt2 printed what is not understood: {line[:200]}")
    if len(root.children) != 1:
        raise CheckError("aapt2 printed no single tree")
    return root.children[0]
