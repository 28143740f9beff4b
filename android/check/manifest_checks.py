"""What an application asks of a phone, and what it lets others do: read from the APK itself, as a phone would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from android.check.binary_xml import Element, read_xml

PERMISSIONS = {
    "android.permission.INTERNET": "to call up, and to download models",
    "android.permission.ACCESS_NETWORK_STATE": "offline or metered is a part of the decision",
    # By androidx.core, of the application itself for itself alone (protectionLevel signature).
    "{package}.DYNAMIC_RECEIVER_NOT_EXPORTED_PERMISSION": "receivers that are made while it runs stay its own",
}
"""Exactly those that an application may ask for, and why."""
EXPORTED = "{package}.MainActivity"
"""The one part that other applications may start."""
SYSTEM_GUARDS = {"android.permission.DUMP"}
"""Permissions that Android itself alone has: what they guard is as good as not exported."""
TEST_ONLY = {"androidx.activity.ComponentActivity", "androidx.compose.ui.tooling.PreviewActivity"}
"""Exported by libraries for tests of an application that is debugged."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
"""Hosts to which text may go in the clear: this machine."""
_COMPONENTS = ("activity", "activity-alias", "service", "receiver", "provider")
_NETWORK = "res/xml/network_security_config.xml"
_BACKUP = "res/xml/data_extraction_rules.xml"


def manifest_problems(apk: Path, *, is_debug: bool) -> list[str]:
    """What is not as it must be in the manifest of an APK and in the files that it names."""
    manifest = read_xml(apk, "AndroidManifest.xml")
    package = manifest.attributes.get("package", "")
    application = next(manifest.all("application"), Element("application"))
    return [
        *_permissions(manifest, package),
        *_exported(application, package, is_debug=is_debug),
        *_application(application, is_debug=is_debug),
        *cleartext_problems(read_xml(apk, _NETWORK)),
        *backup_problems(read_xml(apk, _BACKUP)),
    ]


def _permissions(manifest: Element, package: str) -> Iterator[str]:
    asked = {one.attributes["name"] for one in manifest.all("uses-permission", "uses-permission-sdk-23")}
    allowed = {name.format(package=package) for name in PERMISSIONS}
    for name in sorted(asked - allowed):
        yield f"it asks for {name}, which nobody allowed"
    for name in sorted(allowed - asked):
        yield f"it does not ask for {name}, though it is allowed: take it off the list or ask for it"


def _exported(application: Element, package: str, *, is_debug: bool) -> Iterator[str]:
    main = EXPORTED.format(package=package)
    found = set()
    for component in application.all(*_COMPONENTS):
        name = component.attributes.get("name", "")
        name = package + name if name.startswith(".") else name
        exported = component.attributes.get("exported")
        if exported is None and any(component.all("intent-filter")):
            yield f"{name} has an intent filter and does not say whether it is exported"
        if exported == "true":
            found.add(name)
            is_guarded = component.attributes.get("permission") in SYSTEM_GUARDS
            if name != main and not is_guarded and not (is_debug and name in TEST_ONLY):
                yield f"other applications may use {name}"
        if component.attributes.get("grantUriPermissions") == "true" and exported == "true":
            yield f"{name} is exported and grants access to what it provides"
    if main not in found:
        yield f"{main} is not exported, so nobody can start it"


def _application(application: Element, *, is_debug: bool) -> Iterator[str]:
    given = application.attributes
    for name, wanted in (("allowBackup", "false"), ("extractNativeLibs", "false"), ("usesCleartextTraffic", "false")):
        # What is left out is right for cleartext alone, which the network configuration decides.
        if given.get(name, "false" if name == "usesCleartextTraffic" else "") != wanted:
            yield f"<application> does not say {name}={wanted}"
    if (given.get("debuggable", "false") == "true") != is_debug:
        yield f"it {'cannot' if is_debug else 'can'} be debugged"
    if given.get("testOnly") == "true":
        yield "it is for tests only, which a phone refuses"
    for name in ("networkSecurityConfig", "dataExtractionRules"):
        if not given.get(name, "").startswith("@"):
            yield f"<application> names no {name}"


def cleartext_problems(configuration: Element) -> list[str]:
    """Of a network configuration: whom it lets send in the clear, beyond this machine itself, and whom it trusts."""
    base = next((one for one in configuration.children if one.name == "base-config"), Element("base-config"))
    found = []
    if base.attributes.get("cleartextTrafficPermitted") != "false":
        found.append("every host may be spoken to in the clear: base-config does not forbid it")
    for domains in configuration.all("domain-config"):
        if domains.attributes.get("cleartextTrafficPermitted") != "true":
            continue
        for domain in (one for one in domains.children if one.name == "domain"):
            if domain.text not in LOOPBACK or domain.attributes.get("includeSubdomains") == "true":
                found.append(f"{domain.text} may be spoken to in the clear, and is not this machine alone")
    for trusted in configuration.all("certificates"):
        if trusted.attributes.get("src") == "user":
            found.append("certificates that a user or an employer put in are trusted")
    return found


def backup_problems(rules: Element) -> list[str]:
    """Of the rules for backups: what they let leave the phone."""
    wanted = {"root", "file", "database", "sharedpref", "external"}
    found = [f"{one.attributes.get('domain')} is put into backups" for one in rules.all("include")]
    for name in ("cloud-backup", "device-transfer"):
        kept = {one.attributes.get("domain") for part in rules.all(name) for one in part.all("exclude")}
        found += [f"{name} does not leave out {domain}" for domain in sorted(wanted - kept)]
    return found
