"""The APKs of an application: made, signed, and looked at by everything that needs no phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from android.check.apk import assemble, native_libraries
from android.check.apk_checks import Package, apk_problems, read_package, shrinking_problems
from android.check.application import Application
from android.check.build import Build
from android.check.dexing import Dexer, jar_of
from android.check.errors import CheckError
from android.check.keep_rules import write_rules
from android.check.modules import Module
from android.check.resolver import Artefact
from android.check.signing import Signer
from android.check.units import MAIN, ClassPath, Unit, debugged_with, run_with

MAX_BYTES_WITHOUT_ENGINES = 3_000_000
"""Of a release: what a phone loads for the application itself."""
_VERSIONED = {"libonnxruntime.so": "onnxruntime.android"}
"""Libraries that tell their version, which must be that of an entry of the catalogue."""
NOT_RUN = (
    "Not run: no APK was installed or started, on a phone or an emulator. Native libraries were read, not loaded; methods that "
    "one registers were found as texts in it."
)


@dataclass(frozen=True, slots=True)
class Tools:
    """What turns classes into APKs.

    Args:
        r8: class path of D8 and R8.
        apksig: class path of Android's library for signatures.
    """

    r8: Sequence[Artefact]
    apksig: Sequence[Artefact]


def package_all(build: Build, module: Module, tools: Tools, tell: Callable[[str], None]) -> None:
    """Make a debug APK for every processor, and a release APK for each. Raises CheckError with all that is wrong in them."""
    assert module.application is not None
    if not module.application.is_minified or module.application.is_shrunk:
        raise CheckError(
            f"{module.name}: the check makes releases with isMinifyEnabled and without isShrinkResources only",
            "say so in its build.gradle.kts, or teach android/check/packaging.py",
        )
    folder = build.out / module.name
    packaging = _Packaging(build, module, module.application, tools, folder / "apk", folder / "packaging")
    shutil.rmtree(packaging.out, ignore_errors=True)
    packaging.out.mkdir(parents=True)
    debug = packaging.debug()
    releases = [packaging.release(abi) for abi in module.application.abis]
    versions = {name: build.project.catalogue.library(alias).version for name, alias in _VERSIONED.items()}
    problems = _problems(debug, module.application.abis, versions)
    for abi, release in zip(module.application.abis, releases, strict=True):
        problems += _problems(release, [abi], versions)
        problems += [f"{release.path.name}: {problem}" for problem in shrinking_problems(debug, release)]
    bare = packaging.bare_bytes()
    if bare > MAX_BYTES_WITHOUT_ENGINES:
        problems.append(
            f"a release without native libraries has {bare:,} bytes, more than {MAX_BYTES_WITHOUT_ENGINES:,}"
        )
    if problems:
        raise CheckError("the APKs are not as they must be:\n  " + "\n  ".join(dict.fromkeys(problems)))
    for each in (debug, *releases):
        tell(f"{each.path}: {each.path.stat().st_size / 1e6:.1f} MB, signed by the schemes 2 and 3, checked")
    tell(f"a release without native libraries: {bare / 1e6:.2f} MB; names before R8: {packaging.mapping}")
    tell(NOT_RUN)


def _problems(package: Package, abis: Sequence[str], versions: dict[str, str]) -> list[str]:
    return [f"{package.path.name}: {each}" for each in apk_problems(package, abis=abis, versions=versions)]


@dataclass(frozen=True, slots=True)
class _Packaging:
    """Makes the APKs; what takes long is kept in ``cache``, and done anew when something changed.

    Args:
        build: that compiled the classes.
        module: of the application.
        application: what it says of itself.
        tools: that make APKs.
        out: folder of the APKs.
        cache: folder of all else.
    """

    build: Build
    module: Module
    application: Application
    tools: Tools
    out: Path
    cache: Path

    @property
    def mapping(self) -> Path:
        """Names of classes and methods as they were before R8: what a report of a crash is read with."""
        return self.cache / "release" / "mapping.txt"

    def debug(self) -> Package:
        """With everything, for every processor."""
        needed = debugged_with(self.build.project, self._unit)
        jars = self._jars("debug", needed)
        bytecode = self._dexer().debug(jars, self.cache / "debug")
        apk = self._write("debug", "debug", bytecode, jars, self._natives(needed, self.application.abis))
        return read_package(apk, is_debug=True)

    def release(self, abi: str) -> Package:
        """Without what nothing uses, for one kind of processor."""
        bytecode, needed = self._shrunk()
        apk = self._write(f"release-{abi}", "release", bytecode, [bytecode], self._natives(needed, [abi]))
        return read_package(apk, is_debug=False)

    def bare_bytes(self) -> int:
        """Size of a release without any native library."""
        bytecode, _ = self._shrunk()
        apk = self._write("release-bare", "release", bytecode, [bytecode], {})
        size = apk.stat().st_size
        apk.unlink()  # it could answer nothing
        return size

    def _shrunk(self) -> tuple[Path, ClassPath]:
        needed = run_with(self.build.project, self._unit)
        jars = self._jars("release", needed)
        write_rules(
            self.cache / "rules.pro",
            own=[self.module.folder / name for name in self.application.rules],
            linked=self.build.link(self.module, "release").keep_rules,
            aars=self._aars(needed),
            jars=jars,
        )
        bytecode = self._dexer().release(jars, self.cache / "rules.pro", self.cache / "release")
        return bytecode, needed

    def _jars(self, variant: str, needed: ClassPath) -> list[Path]:
        """Own classes and those of other modules in one jar, before the libraries."""
        folders = [self.build.link(self.module, variant).classes]
        folders += [folder for name in (self._unit.name, *needed.units) for folder in self.build.classes(name)]
        own = jar_of(folders, self.cache / f"own-{variant}.jar")
        return [own, *self.build.jars(needed.libraries)]

    def _write(self, name: str, variant: str, bytecode: Path, jars: Sequence[Path], natives: dict[str, Path]) -> Path:
        unsigned, apk = self.cache / "unsigned.apk", self.out / f"{self.module.name}-{name}.apk"
        resources = self.build.link(self.module, variant).package
        assemble(unsigned, resources=resources, bytecode=bytecode, jars=jars, natives=natives)
        keys = self.build.out / "debug-key.p12"
        Signer(self.build.java, self.tools.apksig, keys, self.application.min_sdk).sign(unsigned, apk)
        unsigned.unlink()
        return apk

    def _natives(self, needed: ClassPath, abis: Sequence[str]) -> dict[str, Path]:
        return native_libraries(self._aars(needed), abis)

    def _aars(self, needed: ClassPath) -> list[Path]:
        artefacts = self.build.artefacts[needed.libraries]
        return [aar.folder for aar in self.build.tools.unpack(artefacts, self.build.out)]

    def _dexer(self) -> Dexer:
        framework = self.build.tools.framework
        return Dexer(self.build.java, self.tools.r8, framework, self.application.min_sdk)

    @property
    def _unit(self) -> Unit:
        return self.build.units[f"{self.module.name}/{MAIN}"]
