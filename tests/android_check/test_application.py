from __future__ import annotations

from pathlib import Path

import pytest

from android.check.application import Application, read_application, read_processing
from android.check.errors import CheckError
from android.check.script import Statement, read_script

ANDROID = """
android {
    namespace = "dev.example"
    compileSdk = 37

    defaultConfig {
        applicationId = "dev.example.app"
        minSdk = 26
        targetSdk = 36
        versionCode = 3
        versionName = "0.1.0-rc"
        ndk {
            abiFilters += listOf("arm64-v8a", "x86_64")
        }
    }

    androidResources {
        localeFilters += listOf("en", "de")
    }

    buildFeatures {
        compose = true
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "proguard-rules.pro")
        }
    }

    testOptions {
        unitTests {
            isIncludeAndroidResources = true
            all {
                it.maxHeapSize = "2g"
                it.systemProperty("pictures.compare", "true")
            }
        }
    }
}

ksp {
    arg("room.schemaLocation", "$projectDir/schemas")
}
"""


def statements(tmp_path: Path, text: str = ANDROID) -> tuple[Statement, ...]:
    path = tmp_path / "build.gradle.kts"
    path.write_text(text)
    return read_script(path)


def test_what_the_blocks_say(tmp_path: Path) -> None:
    android, ksp = statements(tmp_path)
    application = read_application(android, tmp_path)
    read_processing(ksp, application)
    assert application == Application(
        namespace="dev.example",
        application_id="dev.example.app",
        compile_sdk=37,
        min_sdk=26,
        target_sdk=36,
        version_code=3,
        version_name="0.1.0-rc",
        has_compose=True,
        locales=("en", "de"),
        abis=("arm64-v8a", "x86_64"),
        is_minified=True,
        is_shrunk=True,
        rules=("proguard-rules.pro",),
        processor_options={"room.schemaLocation": f"{tmp_path}/schemas"},
        test_heap="2g",
        test_properties={"pictures.compare": "true"},
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("compileSdk = 37", "compileSdk = libs.versions.sdk", "not understood: compileSdk = libs"),
        ("compileSdk = 37", "", "does not say compile_sdk"),
        ("buildFeatures {", "productFlavors {", r"not understood: productFlavors \{"),
        ("compose = true", "viewBinding = true", "not understood: viewBinding"),
        ("release {", "debug {", "not understood: debug"),
        ("isMinifyEnabled = true", "isMinifyEnabled = false", "not understood: isMinifyEnabled = false"),
        ("proguardFiles(getDefaultProguardFile", "proguardFiles(file", "not understood: proguardFiles"),
        ("it.maxHeapSize", "it.jvmArgs", "not understood: it.jvmArgs"),
        ('"pictures.compare", "true"', '"pictures", "$rootDir"', "not understood: it.systemProperty"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in ANDROID
    with pytest.raises(CheckError, match=problem):
        read_application(statements(tmp_path, ANDROID.replace(old, new))[0], tmp_path)


@pytest.mark.parametrize("name", ["debug", "release", "androidTest"])
def test_sources_of_one_variant_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "src" / name).mkdir(parents=True)
    with pytest.raises(CheckError, match=f"{name}: the check knows the source sets main and test only"):
        read_application(statements(tmp_path)[0], tmp_path)


def test_options_of_generators_are_plain(tmp_path: Path) -> None:
    _, ksp = statements(tmp_path, ANDROID.replace('"$projectDir/schemas"', "folder"))
    with pytest.raises(CheckError, match=r'not understood: arg\("room'):
        read_processing(ksp, Application())
