"""One module of the Gradle project, as its ``build.gradle.kts`` tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from android.check.application import Application, read_application, read_processing
from android.check.catalogue import Catalogue
from android.check.dependencies import Dependency, read_dependency
from android.check.errors import CheckError
from android.check.protobuf import Generation, read_generation, read_sources
from android.check.script import Statement, read_script

SCRIPT = "build.gradle.kts"
_KOTLIN_PLUGIN = "org.jetbrains.kotlin.jvm"
_PLUGINS = {_KOTLIN_PLUGIN, "com.google.protobuf"}
_APPLICATION_PLUGIN = "com.android.application"
_APPLICATION_PLUGINS = {
    _APPLICATION_PLUGIN,
    "org.jetbrains.kotlin.plugin.compose",
    "org.jetbrains.kotlin.plugin.serialization",
    "com.google.devtools.ksp",
}
_CORE_PLUGINS = {"application", "`java-library`", "`java-test-fixtures`"}
_CLASSES_OF_AAR = 'apply(from = "../gradle/classes-of-aar.gradle.kts")'  # the catalogue's STAND_INS do so here


@dataclass
class Module:
    """One module.

    Args:
        name: as settings.gradle.kts includes it, without the colon.
        folder: of its script and sources.
        plugins: identifiers.
        dependencies: in order.
        jdk: release of Java that it is compiled for.
        explicit_api: every public name of its main sources must say so.
        warnings_as_errors: for all its sources.
        options: more of the compiler, as ``-opt-in=NAME``.
        heap: most memory of its tests, as ``2g``.
        generation: of code from proto files, if any.
        main_class: of a program, or empty.
        application: for Android, if it is one.
    """

    name: str
    folder: Path
    plugins: set[str] = field(default_factory=set)
    dependencies: list[Dependency] = field(default_factory=list)
    jdk: int = 0
    explicit_api: bool = False
    warnings_as_errors: bool = False
    options: list[str] = field(default_factory=list)
    heap: str = "512m"
    generation: Generation | None = None
    main_class: str = ""
    application: Application | None = None


def read_module(name: str, folder: Path, catalogue: Catalogue) -> Module:
    """Read the script in a folder. Raises CheckError where there is none, and for what is not understood."""
    script = folder / SCRIPT
    if not script.is_file():
        raise CheckError(f"{script} is missing, but settings.gradle.kts includes :{name}")
    module = Module(name, folder)
    sources: tuple[Path, tuple[str, ...]] | None = None
    for statement in read_script(script):
        match statement.text:
            case text if text == _CLASSES_OF_AAR:
                pass
            case "plugins":
                _read_plugins(module, statement.block(), catalogue)
            case "kotlin":
                _read_kotlin(module, statement.block())
            case "dependencies":
                is_application = _APPLICATION_PLUGIN in module.plugins
                module.dependencies += [
                    read_dependency(line, catalogue, is_application=is_application) for line in statement.block()
                ]
            case "android":
                module.application = read_application(statement, folder)
                module.heap = module.application.test_heap
            case "ksp" if module.application:
                read_processing(statement, module.application)
            case "tasks.test":
                _read_test(module, statement.block())
            case "application":
                for line in statement.block():
                    if not (match := line.match(r'mainClass = "([\w.]+)"')):
                        raise line.refusal()
                    module.main_class = match[1]
            case "sourceSets":
                sources = read_sources(statement, folder)
            case "protobuf":
                module.generation = read_generation(statement, catalogue)
            case _:
                raise statement.refusal()
    _refuse_half(module, script)
    if (module.generation is not None) != (sources is not None):
        raise CheckError(f"{script} says only one of where its proto files are and what they become")
    if module.generation and sources:
        module.generation = module.generation.of(*sources)
    return module


def _refuse_half(module: Module, script: Path) -> None:
    if not {_KOTLIN_PLUGIN, _APPLICATION_PLUGIN} & module.plugins or not module.jdk:
        raise CheckError(f"{script} lacks the plugin {_KOTLIN_PLUGIN} or jvmToolchain(...)")
    if (_APPLICATION_PLUGIN in module.plugins) != (module.application is not None):
        raise CheckError(f"{script} says only one of the plugin {_APPLICATION_PLUGIN} and the block android")


def _read_plugins(module: Module, lines: Sequence[Statement], catalogue: Catalogue) -> None:
    for line in lines:
        if match := line.match(r"alias\(libs\.plugins\.([\w.]+)\)"):
            identifier, _ = catalogue.plugin(match[1])
            if identifier not in _PLUGINS | _APPLICATION_PLUGINS:
                raise line.refusal()
            module.plugins.add(identifier)
        elif line.text in _CORE_PLUGINS:
            module.plugins.add(line.text.strip("`"))
        else:
            raise line.refusal()


def _read_kotlin(module: Module, lines: Sequence[Statement]) -> None:
    for line in lines:
        if match := line.match(r"jvmToolchain\((\d+)\)"):
            module.jdk = int(match[1])
        elif line.match(r"explicitApi\(\)"):
            module.explicit_api = True
        elif line.text == "compilerOptions":
            for option in line.block():
                if option.text == "allWarningsAsErrors = true":
                    module.warnings_as_errors = True
                elif match := option.match(r'optIn\.add\("([\w.]+)"\)'):
                    module.options.append(f"-opt-in={match[1]}")
                else:
                    raise option.refusal()
        else:
            raise line.refusal()


def _read_test(module: Module, lines: Sequence[Statement]) -> None:
    for line in lines:
        if match := line.match(r'maxHeapSize = "(\d+[mg])"'):
            module.heap = match[1]
        elif line.text != "useJUnitPlatform()":
            raise line.refusal()
