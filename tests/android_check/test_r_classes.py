from __future__ import annotations

from pathlib import Path

import pytest

from android.check.errors import CheckError
from android.check.r_classes import own_names, read_symbols, write_classes


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    for name, text in {
        "res/values/strings.xml": '<resources><!-- no --><string name="hello">a</string><plurals name="n"/></resources>',
        "res/values-night/more.xml": '<resources><style name="Theme.One"/><item type="id" name="tag"/>'
        '<string-array name="list"/></resources>',
        "res/drawable-xxhdpi/picture.9.png": "",
        "res/xml/rules.xml": '<a id="@+id/inner"/>',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "res"


def test_own_names(resources: Path) -> None:
    assert own_names(resources) == {
        ("string", "hello"),
        ("plurals", "n"),
        ("style", "Theme_One"),
        ("id", "tag"),
        ("array", "list"),
        ("drawable", "picture"),
        ("xml", "rules"),
        ("id", "inner"),
    }


def test_attributes_of_views_are_refused(resources: Path) -> None:
    (resources / "values/attrs.xml").write_text('<resources><declare-styleable name="V"/></resources>')
    with pytest.raises(CheckError, match="declares attributes of views"):
        own_names(resources)


def test_each_class_names_what_its_own_list_names(tmp_path: Path) -> None:
    listed = tmp_path / "R.txt"
    listed.write_text(
        "int string hello 0x7f010001\nint id tag 0x7f020001\nint[] styleable View { 0x01010000, 0x7f030001 }\n"
        "int styleable View_android_text 0\n"
    )
    symbols = read_symbols(listed)
    packages = {
        "g.one": [("styleable", "View"), ("styleable", "View_android_text"), ("id", "tag"), ("string", "gone")],
        "g.none": [("string", "gone")],
    }
    (path,) = write_classes(packages, symbols, tmp_path / "java")
    assert path == tmp_path / "java/g/one/R.java"
    assert path.read_text().splitlines() == [
        "package g.one;",
        "public final class R {",
        "  public static final class id {",
        "    public static int tag = 0x7f020001;",
        "  }",
        "  public static final class styleable {",
        "    public static int[] View = { 0x01010000, 0x7f030001 };",
        "    public static int View_android_text = 0;",
        "  }",
        "}",
    ]


def test_no_list_and_a_broken_one(tmp_path: Path) -> None:
    assert read_symbols(tmp_path / "R.txt") == {}
    (tmp_path / "R.txt").write_text("hello\n")
    with pytest.raises(CheckError, match="is no list of resources: hello"):
        read_symbols(tmp_path / "R.txt")
