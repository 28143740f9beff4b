from __future__ import annotations

from pathlib import Path

import pytest

from android.check.catalogue import Library
from android.check.dependencies import Dependency
from android.check.errors import CheckError
from android.check.project import has_application, read_project


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_repository_itself_is_understood() -> None:
    project = read_project(Path(__file__).parents[2] / "android")
    assert next(iter(project.modules)) == "core"
    assert all(module.warnings_as_errors for module in project.modules.values())
    assert [name for name, module in project.modules.items() if not module.explicit_api] == ["app"]


def test_modules_come_after_what_they_need(gradle: Path) -> None:
    change(
        gradle / "settings.gradle.kts", 'include(":core")\ninclude(":net")', 'include(\n    ":net",\n    ":core",\n)'
    )
    assert list(read_project(gradle).modules) == ["core", "net"]


def test_what_a_script_says(gradle: Path) -> None:
    project = read_project(gradle)
    core, net = project.modules["core"], project.modules["net"]
    assert (core.jdk, core.explicit_api, core.warnings_as_errors, core.heap) == (17, True, True, "2g")
    assert core.options == ["-opt-in=kotlin.ExperimentalStdlibApi"]
    assert core.plugins == {"org.jetbrains.kotlin.jvm", "java-test-fixtures"}
    assert (net.explicit_api, net.warnings_as_errors, net.heap) == (False, False, "512m")
    assert net.dependencies == [
        Dependency("implementation", module="core"),
        Dependency("testImplementation", module="core", fixtures=True),
        Dependency(
            "testImplementation",
            library=Library("org.junit.jupiter:junit-jupiter", "6.1.3"),
            excluded=("org.opentest4j:opentest4j",),
        ),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("settings.gradle.kts", "google()", "maven(url)", r"settings.*not understood: maven\(url\)"),
        ("settings.gradle.kts", 'include(":net")', 'includeBuild("x")', "not understood: includeBuild"),
        ("settings.gradle.kts", 'include(":net")', "include(name)", r"not understood: include\(name\)"),
        ("settings.gradle.kts", 'include(":net")', "", "belongs to no module"),
        ("settings.gradle.kts", 'include(":net")', 'include(":net", ":app")', "includes :app"),
        ("settings.gradle.kts", "repositories", "plugins", "not understood: plugins"),
        ("build.gradle.kts", "plugins", "subprojects", "not understood: subprojects"),
        ("build.gradle.kts", " apply false", "", "not understood: alias"),
        ("core/build.gradle.kts", "explicitApi()", "explicitApiWarning()", "not understood: explicitApiWarning"),
        (
            "core/build.gradle.kts",
            "allWarningsAsErrors = true",
            "extraWarnings = true",
            "not understood: extraWarnings",
        ),
        ("core/build.gradle.kts", "`java-test-fixtures`", 'id("x")', "not understood: id"),
        ("core/build.gradle.kts", "api(libs.coroutines.core)", 'api("a:b:1")', "not understood: api"),
        ("core/build.gradle.kts", "api(libs", "kapt(libs", "not understood: kapt"),
        ("core/build.gradle.kts", "api(libs.coroutines.core)", "api(libs.other)", "no library other"),
        ("core/build.gradle.kts", "useJUnitPlatform()", "useTestNG()", "not understood: useTestNG"),
        ("core/build.gradle.kts", "tasks.test", "tasks.jar", "not understood: tasks.jar"),
        ("core/build.gradle.kts", "jvmToolchain(17)", "", "lacks the plugin"),
        (
            "core/build.gradle.kts",
            "    api(libs",
            '    api(project(":net"))\n    api(libs',
            "depend on each other: core -> net",
        ),
        (
            "net/build.gradle.kts",
            'project(":core"))\n    testI',
            'project(":gone"))\n    testI',
            "net depends on the module gone",
        ),
        ("net/build.gradle.kts", "exclude(group", "because(group", "not understood: because"),
        (
            "net/build.gradle.kts",
            'implementation(project(":core"))',
            'implementation(project(":core")) { a() }',
            "not understood",
        ),
        (
            "net/build.gradle.kts",
            "    testImplementation(libs",
            "    testImplementation(libs.junit.jupiter)\n    x(libs",
            "not understood: x",
        ),
    ],
)
def test_what_is_not_understood_is_refused(gradle: Path, file: str, old: str, new: str, problem: str) -> None:
    change(gradle / file, old, new)
    with pytest.raises(CheckError, match=problem):
        read_project(gradle)


def test_unused_entries_of_the_catalogue_are_refused(gradle: Path) -> None:
    change(gradle / "core/build.gradle.kts", "    api(libs.coroutines.core)\n", "")
    with pytest.raises(CheckError, match=r"nothing uses coroutines\.core"):
        read_project(gradle)


def test_an_application_names_its_main_class(gradle: Path) -> None:
    change(gradle / "net/build.gradle.kts", "plugins { ", "plugins {\n    application\n    ")
    with (gradle / "net/build.gradle.kts").open("a") as script:
        script.write('application {\n    mainClass = "net.MainKt"\n}\n')
    assert read_project(gradle).modules["net"].main_class == "net.MainKt"
    change(gradle / "net/build.gradle.kts", "mainClass =", "applicationName =")
    with pytest.raises(CheckError, match="not understood: applicationName"):
        read_project(gradle)


def test_no_settings(gradle: Path) -> None:
    (gradle / "settings.gradle.kts").unlink()
    with pytest.raises(CheckError, match=r"settings\.gradle\.kts is missing"):
        read_project(gradle)


def test_an_application(gradle_app: Path) -> None:
    project = read_project(gradle_app)
    assert has_application(project)
    app = project.modules["app"]
    assert app.application
    assert (app.jdk, app.heap, app.application.namespace) == (17, "3g", "dev.example")
    assert app.dependencies[:3] == [
        Dependency("implementation", module="net", excluded=("org.jetbrains.kotlinx:kotlinx-coroutines-core",)),
        Dependency("implementation", library=Library("androidx.compose:compose-bom", "2026.09.00"), is_platform=True),
        Dependency("implementation", library=Library("androidx.compose.ui:ui", "")),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("app/build.gradle.kts", "implementation(libs.compose.ui)", "api(libs.compose.ui)", "not understood: api"),
        ("app/build.gradle.kts", "ksp(libs", "kapt(libs", "not understood: kapt"),
        ("app/build.gradle.kts", "platform(libs.compose.bom)", "enforcedPlatform(libs.compose.bom)", "not understood"),
        ("app/build.gradle.kts", "alias(libs.plugins.android.application)", "", "not understood: implementation"),
        ("app/build.gradle.kts", "platform(libs.compose.bom)", "platform(libs.compose.ui)", "has no exact version"),
        ("net/build.gradle.kts", "libs.junit.jupiter", "libs.compose.ui", r"compose\.ui has no exact version"),
        ("gradle/libs.versions.toml", "check-ksp", "ksp", r"nothing uses ksp"),
    ],
)
def test_what_an_application_may_not_say(gradle_app: Path, file: str, old: str, new: str, problem: str) -> None:
    change(gradle_app / file, old, new)
    with pytest.raises(CheckError, match=problem):
        read_project(gradle_app)


def test_a_plugin_without_its_block(gradle_app: Path) -> None:
    change(gradle_app / "app/build.gradle.kts", "android {", "application {")
    with pytest.raises(CheckError, match="not understood: namespace"):
        read_project(gradle_app)


def test_settings_of_gradle_itself(gradle: Path) -> None:
    (gradle / "gradle.properties").write_text("# more memory\norg.gradle.jvmargs=-Xmx3g\n")
    assert read_project(gradle).modules
    (gradle / "gradle.properties").write_text("android.nonTransitiveRClass=false\n")
    with pytest.raises(CheckError, match=r"gradle\.properties:1: not understood: android"):
        read_project(gradle)
