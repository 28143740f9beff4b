from __future__ import annotations

import pytest

from upcall.edge_runtime.redaction.rules import load_rules
from upcall.edge_runtime.redaction.structure.markup import markup_columns


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("<table><tr><th>Name<th>Phone<tr><td>a<td>12345<tr><td>b<td>67890</table>", "Phone"),
        ("<table><tr><td>Name</td><td>Phone</td></tr><tr><td>a</td><td><b>12345</b></td></tr>"
         "<tr><td>b</td><td> 67890 </td></tr></table>", "Phone"),
        ("<table><tr><th>Phone</th><td>12345</td><td>67890</td></tr></table>", "Phone"),
        ("<h2>Phones</h2><ul><li>12345</li><li>67890</li></ul>", "Phones"),
        ("<phones><item>12345</item><item>67890</item></phones>", "phones"),
    ],
)  # fmt: skip
def test_values_have_their_label(text: str, label: str) -> None:
    found = markup_columns(text, load_rules().labels)
    assert [text[slice(*cell)] for column in found if column.label == label for cell in column.cells] == [
        "12345",
        "67890",
    ]


@pytest.mark.parametrize("text", ["<td>" * 999, "<" * 999, "</table>" * 99, "<tr></tr><td", "a < b > c </d>"])
def test_broken_markup_does_no_harm(text: str) -> None:
    assert all(low <= high for column in markup_columns(text, load_rules().labels) for low, high in column.cells)
