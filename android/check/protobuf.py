"""Code from proto files: what a ``protobuf`` block asks for, and the run of protoc that does it."""

from __future__ import annotations

import platform
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from android.check.catalogue import Catalogue, Library
from android.check.errors import CheckError
from android.check.resolver import Artefact
from android.check.script import Statement

PROTOC_PLATFORM = "linux-x86_64"
_ARTIFACT = r"artifact = libs\.([\w.]+)\.get\(\)\.toString\(\)"
_ARTIFACT_AS = r'artifact = "\$\{libs\.([\w.]+)\.get\(\)\}:(\w+)@jar"'


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin of protoc.

    Args:
        library: that holds it: an executable for each platform or, with a classifier, a jar.
        classifier: of the jar, or empty.
        options: given to the plugin.
    """

    library: Library
    classifier: str = ""
    options: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """What to ask the resolver for."""
        if self.classifier:
            return f"{self.library.coordinate},classifier={self.classifier}"
        return f"{self.library.coordinate},classifier={PROTOC_PLATFORM},ext=exe,type=exe"


@dataclass(frozen=True, slots=True)
class Generation:
    """What becomes of the proto files of a module.

    Args:
        protoc: that reads them.
        options: of its own Java output.
        plugins: by name.
        folder: of the proto files, which import each other by paths from there.
        files: paths in it.
    """

    protoc: Plugin
    options: tuple[str, ...]
    plugins: dict[str, Plugin]
    folder: Path = Path()
    files: tuple[str, ...] = ()

    def of(self, folder: Path, files: tuple[str, ...]) -> Generation:
        """The same for these files."""
        return replace(self, folder=folder, files=files)

    @property
    def roots(self) -> tuple[str, ...]:
        """What to ask the resolver for."""
        return (self.protoc.root, *(plugin.root for plugin in self.plugins.values()))

    def inputs(self) -> list[Path]:
        """Every file that the generated code depends on."""
        return [self.folder / name for name in self.files]


def read_sources(statement: Statement, module: Path) -> tuple[Path, tuple[str, ...]]:
    """Folder and files of a block ``sourceSets { main { proto { ... } } }``; raises NotUnderstoodError."""
    folder, files = None, []
    for line in _only(_only(statement, "main"), "proto").block():
        if match := line.match(r'srcDir\("([\w./-]+)"\)'):
            folder = (module / match[1]).resolve()
        elif match := line.match(r'include\("([\w./-]+\.proto)"\)'):
            files.append(match[1])
        else:
            raise line.refusal()
    if folder is None or not files:
        raise statement.refusal()
    return folder, tuple(files)


def read_generation(statement: Statement, catalogue: Catalogue) -> Generation:
    """The block ``protobuf``; raises NotUnderstoodError."""
    protoc: Plugin | None = None
    plugins: dict[str, Plugin] = {}
    options: dict[str, tuple[str, ...]] = {}
    for block in statement.block():
        if block.text == "protoc":
            protoc = _read_plugin(_sole(block), catalogue)
        elif block.text == "plugins":
            for line in block.block():
                plugins[_created(line)] = _read_plugin(_sole(line), catalogue)
        elif block.text == "generateProtoTasks":
            options = _read_tasks(_only(block, "all().forEach"))
        else:
            raise block.refusal()
    if protoc is None or set(options) != {"java", *plugins}:
        raise statement.refusal()
    found = {name: replace(plugin, options=options[name]) for name, plugin in plugins.items()}
    return Generation(protoc, options["java"], found)


def generate(generation: Generation, artefacts: Sequence[Artefact], java: str, out: Path) -> None:
    """Write Java and Kotlin sources into an emptied folder.

    Args:
        generation: what to do.
        artefacts: of ``generation.roots``.
        java: command of the virtual machine.
        out: folder of the sources; a folder for each plugin, and ``java``.

    Raises CheckError where protoc ends in an error.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise CheckError("the lock holds protoc for Linux on x86-64 only", "run the check there, or build with Gradle")
    shutil.rmtree(out, ignore_errors=True)
    tools = out.with_name(out.name + "-tools")
    shutil.rmtree(tools, ignore_errors=True)
    tools.mkdir(parents=True)
    files = {artefact.module: artefact.path for artefact in artefacts}
    protoc = _executable(tools / "protoc", files[generation.protoc.library.module])
    command = [str(protoc), f"--proto_path={generation.folder}"]
    outputs = {"java": generation.options, **{name: plugin.options for name, plugin in generation.plugins.items()}}
    for name, plugin in generation.plugins.items():
        file, artefact = tools / f"protoc-gen-{name}", files[plugin.library.module]
        if plugin.classifier:
            _ = file.write_text(f'#!/bin/sh\nexec "{java}" -jar "{artefact}"\n', encoding="utf-8")
            file.chmod(stat.S_IRWXU)
        else:
            _ = _executable(file, artefact)
        command.append(f"--plugin=protoc-gen-{name}={file}")
    for name, options in outputs.items():
        (out / name).mkdir(parents=True)
        command.append(f"--{name}_out={','.join(options)}:{out / name}")
    done = subprocess.run([*command, *generation.files], capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise CheckError(f"protoc: {done.stderr.strip()}")


def _executable(path: Path, artefact: Path) -> Path:
    _ = shutil.copyfile(artefact, path)
    path.chmod(stat.S_IRWXU)
    return path


def _read_plugin(line: Statement, catalogue: Catalogue) -> Plugin:
    if match := line.match(_ARTIFACT):
        return Plugin(catalogue.library(match[1]))
    if match := line.match(_ARTIFACT_AS):
        return Plugin(catalogue.library(match[1]), match[2])
    raise line.refusal()


def _read_tasks(statement: Statement) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for block in statement.block():
        if block.text not in ("task ->", "task.builtins", "task.plugins"):
            raise block.refusal()
        for line in block.body or ():
            options = []
            for option in line.body or ():
                if not (match := option.match(r'option\("([\w=]+)"\)')):
                    raise option.refusal()
                options.append(match[1])
            found[_created(line)] = tuple(options)
    return found


def _created(line: Statement) -> str:
    if match := line.match(r'(?:create|named)\("(\w+)"\)'):
        return match[1]
    raise line.refusal()


def _only(statement: Statement, text: str) -> Statement:
    found = _sole(statement)
    if found.text != text:
        raise found.refusal()
    return found


def _sole(statement: Statement) -> Statement:
    body = statement.block()
    if len(body) != 1:
        raise statement.refusal()
    return body[0]
