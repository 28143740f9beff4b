from __future__ import annotations

from pathlib import Path

from android.check.dex import Method, read_dex
from android.check.native_methods import missing_natives, symbols
from tests.android_check.bytecode import SAMPLE
from tests.android_check.libraries import build_library, read

EXPORTING = """
void Java_dev_upcall_Sample_of_1all(void) {}
void Java_dev_upcall_Sample_first___3Ljava_lang_String_2_3_3JZ(void) {}
"""
REGISTERING = """
const char *of = "dev/upcall/Sample$Inner", *name = "get", *type = "(Ldev/upcall/Sample;)Ljava/lang/Object;";
int JNI_OnLoad(void *machine, void *reserved) { return 0x00010006; }
"""
NATIVES = read_dex("classes.dex", SAMPLE).natives


def test_names_are_those_of_the_interface() -> None:
    assert symbols(Method("p/q_r/Outer$Été", "go_1", "([ILjava/util/List;)V")) == (
        "Java_p_q_1r_Outer_00024_000c9t_000e9_go_11",
        "Java_p_q_1r_Outer_00024_000c9t_000e9_go_11___3ILjava_util_List_2",
    )


def test_methods_are_exported_or_registered(tmp_path: Path) -> None:
    exporting = read(build_library(tmp_path, "liba", EXPORTING))
    registering = read(build_library(tmp_path, "libb", REGISTERING))
    assert missing_natives(NATIVES, [exporting, registering]) == []
    assert [one.name for one in missing_natives(NATIVES, [exporting])] == ["get"]
    assert [one.name for one in missing_natives(NATIVES, [registering])] == ["first", "of_all"]


def test_texts_alone_register_nothing(tmp_path: Path) -> None:
    for change in (("JNI_OnLoad", "OnLoad"), ('"get"', '"got"'), ("Object;", "String;"), ("Sample$Inner", "Other")):
        library = read(build_library(tmp_path, "libb", EXPORTING + REGISTERING.replace(*change)))
        assert [one.name for one in missing_natives(NATIVES, [library])] == ["get"], change
