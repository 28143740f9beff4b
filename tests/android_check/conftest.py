"""A small Gradle project in a folder of its own, and stand-ins for the programs that the check starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from android.check.catalogue import APPLICATION_TOOLS

CATALOGUE = """
[versions]
kotlin = "2.4.21"
junit = "6.1.3"

[libraries]
coroutines-core = { module = "org.jetbrains.kotlinx:kotlinx-coroutines-core", version = "1.11.0" }
junit-jupiter = { module = "org.junit.jupiter:junit-jupiter", version.ref = "junit" }
check-coursier = { module = "io.get-coursier:coursier-cli_2.13", version = "2.1.24" }
check-junit-console = { module = "org.junit.platform:junit-platform-console", version.ref = "junit" }
check-kotlin-compiler = { module = "org.jetbrains.kotlin:kotlin-compiler-embeddable", version.ref = "kotlin" }
check-ktlint = { module = "com.pinterest.ktlint:ktlint-cli", version = "1.8.0" }

[plugins]
kotlin-jvm = { id = "org.jetbrains.kotlin.jvm", version.ref = "kotlin" }
"""
SETTINGS = (
    """
pluginManagement { repositories { google(); } }
""".replace(" google(); ", "\n        google()\n    ")
    + """
rootProject.name = "example"

include(":core")
include(":net")
"""
)
CORE = """
plugins {
    alias(libs.plugins.kotlin.jvm)
    `java-test-fixtures`
}

kotlin {
    jvmToolchain(17)
    explicitApi()
    compilerOptions {
        allWarningsAsErrors = true
        optIn.add("kotlin.ExperimentalStdlibApi")
    }
}

dependencies {
    api(libs.coroutines.core)
    testImplementation(libs.junit.jupiter)
}

tasks.test {
    useJUnitPlatform()
    maxHeapSize = "2g"
}
"""
NET = """
plugins { alias(libs.plugins.kotlin.jvm) }

kotlin { jvmToolchain(17) } // plain

dependencies {
    implementation(project(":core"))
    testImplementation(testFixtures(project(":core")))
    testImplementation(libs.junit.jupiter) {
        exclude(group = "org.opentest4j", module = "opentest4j")
    }
}
"""
APP_CATALOGUE = """
[versions]
kotlin = "2.4.21"

[libraries]
coroutines-core = { module = "org.jetbrains.kotlinx:kotlinx-coroutines-core", version = "1.11.0" }
junit-jupiter = { module = "org.junit.jupiter:junit-jupiter", version = "6.1.3" }
junit4 = { module = "junit:junit", version = "4.13.2" }
compose-bom = { module = "androidx.compose:compose-bom", version = "2026.09.00" }
compose-ui = { module = "androidx.compose.ui:ui" }
ui-test-manifest = { module = "androidx.compose.ui:ui-test-manifest" }
room-compiler = { module = "androidx.room:room-compiler", version = "2.8.5" }
"""
APP = """
plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.compose)
    alias(libs.plugins.ksp)
}

android {
    namespace = "dev.example"
    compileSdk = 37
    defaultConfig {
        applicationId = "dev.example"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "1.0"
    }
    testOptions {
        unitTests {
            all {
                it.maxHeapSize = "3g"
                it.systemProperty("a.b", "c")
            }
        }
    }
}

kotlin { jvmToolchain(17) }

ksp {
    arg("a", "b")
}

dependencies {
    implementation(project(":net")) {
        exclude(group = "org.jetbrains.kotlinx", module = "kotlinx-coroutines-core")
    }
    implementation(platform(libs.compose.bom))
    implementation(libs.compose.ui)
    ksp(libs.room.compiler)
    debugImplementation(libs.ui.test.manifest)
    testImplementation(libs.junit4)
}
"""


@pytest.fixture
def gradle_app(gradle: Path) -> Path:
    """The same project with an application for Android upon ``net``."""
    tools = [line for line in CATALOGUE.splitlines() if line.startswith("check-")]
    tools += [
        f'{alias.replace(".", "-")} = {{ module = "tool:{alias}", version = "1" }}' for alias in APPLICATION_TOOLS
    ]
    plugins = {
        "kotlin-jvm": "org.jetbrains.kotlin.jvm",
        "android-application": "com.android.application",
        "kotlin-compose": "org.jetbrains.kotlin.plugin.compose",
        "ksp": "com.google.devtools.ksp",
    }
    tools += ["[plugins]", *(f'{alias} = {{ id = "{name}", version = "1" }}' for alias, name in plugins.items())]
    junit = '{ module = "org.junit.platform:junit-platform-console", version = "6.1.3" }'
    text = APP_CATALOGUE + "\n".join(tools) + "\n"
    text = text.replace('{ module = "org.junit.platform:junit-platform-console", version.ref = "junit" }', junit)
    for name, content in {
        "gradle/libs.versions.toml": text,
        "settings.gradle.kts": SETTINGS + 'include(":app")\n',
        "app/build.gradle.kts": APP,
        "app/src/main/AndroidManifest.xml": "<manifest/>",
        "app/src/main/kotlin/Main.kt": "package dev.example\n",
        "app/src/test/kotlin/MainTest.kt": "package dev.example\n",
        "app/src/test/kotlin/ScreenshotsTest.kt": "package dev.example\n",
    }.items():
        path = gradle / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return gradle


@pytest.fixture
def gradle(tmp_path: Path) -> Path:
    """The folder of a project of two modules, ``net`` upon ``core``."""
    root = tmp_path / "project"
    for name, text in {
        "gradle/libs.versions.toml": CATALOGUE,
        "settings.gradle.kts": SETTINGS,
        "build.gradle.kts": "plugins {\n    alias(libs.plugins.kotlin.jvm) apply false\n}\n",
        "core/build.gradle.kts": CORE,
        "net/build.gradle.kts": NET,
        "core/src/main/kotlin/Core.kt": "package core\n",
        "core/src/testFixtures/kotlin/Fixtures.kt": "package core\n",
        "core/src/test/kotlin/CoreTest.kt": "package core\n",
        "net/src/main/kotlin/Net.kt": "package net\n",
        "net/src/test/kotlin/NetTest.kt": "package net\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a shell script that stands in for a program."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o700)
        return path

    return write
