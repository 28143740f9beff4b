"""Native libraries: what a loader, and what a virtual machine, would find in them."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from android.check.errors import CheckError

ABIS = {"EM_AARCH64": "arm64-v8a", "EM_X86_64": "x86_64"}
"""Android's names of the processors that an application's libraries are for, by ELF's."""


@dataclass(frozen=True, slots=True)
class SharedLibrary:
    """A library as its file tells it.

    Args:
        name: of the file.
        abi: Android's name of the processor; ELF's where Android has none in ABIS.
        needed: file names of the libraries that the loader looks for first.
        alignment: pages of up to so many bytes can hold its segments.
        exported: names of its symbols that others may use.
        imported: names of those that it cannot be loaded without.
        content: the whole file.
    """

    name: str
    abi: str
    needed: tuple[str, ...]
    alignment: int
    exported: frozenset[str]
    imported: frozenset[str]
    content: bytes

    def holds_text(self, text: str) -> bool:
        """Whether a text of C that ends as this one does stands anywhere in it."""
        return text.encode() + b"\0" in self.content


def read_library(name: str, content: bytes) -> SharedLibrary:
    """Read a library of 64 bits. Raises CheckError where it is none."""
    try:
        file = ELFFile(BytesIO(content))
        if file.elfclass != 64 or file["e_type"] != "ET_DYN":
            raise CheckError(f"{name} is no shared library of 64 bits")
        segments = list(file.iter_segments("PT_LOAD"))
        dynamic = next((one for one in file.iter_sections() if isinstance(one, DynamicSection)), None)
        table = file.get_section_by_name(".dynsym")
        if not segments or dynamic is None or not isinstance(table, SymbolTableSection):
            raise CheckError(f"{name} has nothing that could be loaded")
        symbols = [one for one in table.iter_symbols() if one.name]
        return SharedLibrary(
            name=name,
            abi=ABIS.get(file["e_machine"], str(file["e_machine"])),
            needed=tuple(tag.needed for tag in dynamic.iter_tags("DT_NEEDED")),
            alignment=min(_alignment(one["p_align"], one["p_vaddr"], one["p_offset"]) for one in segments),
            exported=frozenset(one.name for one in symbols if one["st_shndx"] != "SHN_UNDEF"),
            imported=frozenset(
                one.name for one in symbols if one["st_shndx"] == "SHN_UNDEF" and one["st_info"]["bind"] != "STB_WEAK"
            ),
            content=content,
        )
    except (ELFError, ValueError, KeyError) as error:
        raise CheckError(f"{name} is no shared library: {error}") from error


def _alignment(declared: int, address: int, offset: int) -> int:
    """The largest page that a segment fits: a loader maps whole pages, so address and offset must agree within one."""
    apart = address - offset
    return min(declared, apart & -apart) if apart else declared
