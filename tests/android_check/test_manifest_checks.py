from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from android.check import manifest_checks
from android.check.binary_xml import Element
from android.check.manifest_checks import backup_problems, cleartext_problems, manifest_problems

APPLICATION = {
    "allowBackup": "false",
    "extractNativeLibs": "false",
    "networkSecurityConfig": "@0x7f010000",
    "dataExtractionRules": "@0x7f010001",
}
DOMAINS = ("root", "file", "database", "sharedpref", "external")


def manifest() -> Element:
    main = Element("activity", {"name": "p.app.MainActivity", "exported": "true"}, [Element("intent-filter")])
    return Element(
        "manifest",
        {"package": "p.app"},
        [
            Element("uses-permission", {"name": "android.permission.INTERNET"}),
            Element("uses-permission", {"name": "android.permission.ACCESS_NETWORK_STATE"}),
            Element("uses-permission", {"name": "p.app.DYNAMIC_RECEIVER_NOT_EXPORTED_PERMISSION"}),
            Element("application", dict(APPLICATION), [main]),
        ],
    )


def network() -> Element:
    local = [Element("domain", {"includeSubdomains": "false"}, text=host) for host in ("localhost", "127.0.0.1", "::1")]
    return Element(
        "network-security-config",
        {},
        [
            Element("base-config", {"cleartextTrafficPermitted": "false"}),
            Element("domain-config", {"cleartextTrafficPermitted": "true"}, local),
        ],
    )


def backup() -> Element:
    parts = [
        Element(name, {}, [Element("exclude", {"domain": domain}) for domain in DOMAINS])
        for name in ("cloud-backup", "device-transfer")
    ]
    return Element("data-extraction-rules", {}, parts)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Element]]:
    """Of an APK as it must be."""
    held = {
        "AndroidManifest.xml": manifest(),
        "res/xml/network_security_config.xml": network(),
        "res/xml/data_extraction_rules.xml": backup(),
    }
    monkeypatch.setattr(manifest_checks, "read_xml", lambda _, name: held[name])
    yield held


def problems(*, is_debug: bool = False) -> list[str]:
    return manifest_problems(Path("x.apk"), is_debug=is_debug)


def test_an_apk_as_it_must_be(files: dict[str, Element]) -> None:
    assert problems() == []
    application = files["AndroidManifest.xml"].children[3]
    application.attributes["debuggable"] = "true"
    application.children.append(
        Element("activity", {"name": "androidx.activity.ComponentActivity", "exported": "true"})
    )
    guarded = {"name": "androidx.profileinstaller.R", "exported": "true", "permission": "android.permission.DUMP"}
    application.children.append(Element("receiver", guarded))
    assert problems(is_debug=True) == []
    assert problems() == ["other applications may use androidx.activity.ComponentActivity", "it can be debugged"]


def test_permissions_are_exactly_those_allowed(files: dict[str, Element]) -> None:
    asked = files["AndroidManifest.xml"].children
    asked.append(Element("uses-permission-sdk-23", {"name": "android.permission.READ_CONTACTS"}))
    assert problems() == ["it asks for android.permission.READ_CONTACTS, which nobody allowed"]
    del asked[0], asked[-1]
    assert "does not ask for android.permission.INTERNET" in problems()[0]


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"name": ".Other", "exported": "true"}, "other applications may use p.app.Other"),
        (
            {"name": "p.app.Other", "exported": "true", "permission": "p.app.MINE"},
            "other applications may use p.app.Other",
        ),
        ({"name": "p.app.Other"}, "has an intent filter and does not say"),
        ({"name": "p.app.Other", "exported": "true", "grantUriPermissions": "true"}, "grants access"),
    ],
)
@pytest.mark.parametrize("kind", ["activity", "activity-alias", "service", "receiver", "provider"])
def test_nothing_else_is_exported(
    files: dict[str, Element], kind: str, attributes: dict[str, str], problem: str
) -> None:
    application = files["AndroidManifest.xml"].children[3]
    application.children.append(Element(kind, dict(attributes), [Element("intent-filter")]))
    assert any(problem in found for found in problems())


def test_the_activity_can_be_started(files: dict[str, Element]) -> None:
    files["AndroidManifest.xml"].children[3].children[0].attributes["exported"] = "false"
    assert problems() == ["p.app.MainActivity is not exported, so nobody can start it"]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("allowBackup", None, "allowBackup=false"),
        ("allowBackup", "true", "allowBackup=false"),
        ("extractNativeLibs", None, "extractNativeLibs=false"),
        ("usesCleartextTraffic", "true", "usesCleartextTraffic=false"),
        ("testOnly", "true", "tests only"),
        ("debuggable", "true", "it can be debugged"),
        ("networkSecurityConfig", None, "names no networkSecurityConfig"),
        ("dataExtractionRules", None, "names no dataExtractionRules"),
    ],
)
def test_what_the_application_says_of_itself(
    files: dict[str, Element], name: str, value: str | None, problem: str
) -> None:
    attributes = files["AndroidManifest.xml"].children[3].attributes
    attributes.pop(name, None)
    if value is not None:
        attributes[name] = value
    assert len(problems()) == 1
    assert problem in problems()[0]


def test_only_this_machine_is_spoken_to_in_the_clear() -> None:
    assert cleartext_problems(network()) == []
    configuration = network()
    domains = configuration.children[1]
    domains.children.append(Element("domain", {"includeSubdomains": "false"}, text="10.0.2.2"))
    domains.children[0].attributes["includeSubdomains"] = "true"
    configuration.children[0].attributes["cleartextTrafficPermitted"] = "true"
    configuration.children[0].children.append(Element("trust-anchors", {}, [Element("certificates", {"src": "user"})]))
    assert [found.split(" ", 1)[0] for found in cleartext_problems(configuration)] == [
        "every",
        "localhost",
        "10.0.2.2",
        "certificates",
    ]
    assert cleartext_problems(Element("network-security-config")) != []


def test_nothing_is_put_into_backups() -> None:
    assert backup_problems(backup()) == []
    rules = backup()
    rules.children[0].children.append(Element("include", {"domain": "file"}))
    del rules.children[1].children[2]
    assert backup_problems(rules) == ["file is put into backups", "device-transfer does not leave out database"]
