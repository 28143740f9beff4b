"""Puts a bundle into the app's folder: what is there already is skipped, what was cut off goes on, the manifest comes last.

adb cannot enter the app's folder and the app's user cannot write where adb can, so each file is sent to a staging folder,
checked there, copied by ``run-as`` and removed from it. A file is sent in pieces that the phone joins: adb's sync protocol
begins every file anew, and a model is hundreds of megabytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from upcall.deploy.adb import Phone
from upcall.deploy.contract import MODELS, STAGING
from upcall.deploy.facts import free_bytes, kibibytes
from upcall.deploy.remote_files import RemoteFolder, append
from upcall.edge_runtime.bundle import MANIFEST, MODEL_ONNX, MODEL_PTE, Bundle, file_sha256
from upcall.edge_runtime.errors import PhoneError

PIECE_BYTES = 8 * 1024 * 1024
_SPARE_BYTES = 50_000_000
"""Room that is left to the phone."""
_MOST_OF_MEMORY = 0.75
"""A model that needs more of a phone's memory than this is not sent: Android would end the app."""
_CACHE_NUMBER_BYTES = 4
_FOLDER = 'umask 022; mkdir -p "$1"'
_COPY = """mkdir -p "$(dirname "$2")" && cp "$1" "$2.part" && mv -f "$2.part" "$2" || { rm -f "$2.part"; exit 1; }"""

Progress = Callable[[str, int, int], None]
"""A file of the bundle, the bytes of it that are on the phone, and all its bytes."""


@dataclass(frozen=True, slots=True)
class FileStep:
    """What is to be done with a file of the bundle.

    Args:
        name: its path in the bundle.
        local: where it is here.
        size_bytes, sha256: of it.
        sent_bytes: what an earlier push left of it on the phone, verified; all of it where it was only not copied yet.
        is_in_app: nothing is to be done.
    """

    name: str
    local: Path
    size_bytes: int
    sha256: str
    sent_bytes: int
    is_in_app: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push would do.

    Args:
        name: of the bundle on the phone.
        steps: a file each, the manifest last.
        unlisted: files in the app's folder of the bundle that it does not hold, to be removed.
    """

    name: str
    steps: tuple[FileStep, ...]
    unlisted: tuple[str, ...]

    @property
    def to_send_bytes(self) -> int:
        """What has to travel."""
        return sum(step.size_bytes - step.sent_bytes for step in self.steps if not step.is_in_app)

    @property
    def needed_bytes(self) -> int:
        """Room that it takes at its peak: a file is in both folders for a while."""
        kept = peak = 0
        for step in self.steps:
            if not step.is_in_app:
                peak = max(peak, kept + step.size_bytes - step.sent_bytes + step.size_bytes)
                kept += step.size_bytes - step.sent_bytes
        return peak

    @property
    def is_done(self) -> bool:
        """Whether the phone has the bundle already, and nothing else in its folder."""
        return not self.unlisted and all(step.is_in_app for step in self.steps)


def plan_push(phone: Phone, bundle: Bundle, name: str) -> Plan:
    """Compare the bundle with what the phone has of it. Changes nothing.

    Raises:
        PhoneError: the phone went away, or the app does not let adb in.
    """
    staged, app = folders(phone, name)
    manifest = bundle.path / MANIFEST
    entries = [(entry.path, entry.size_bytes, entry.sha256) for entry in bundle.manifest.files]
    entries.append((MANIFEST, manifest.stat().st_size, file_sha256(manifest)))
    names = [entry[0] for entry in entries]
    steps = []
    for (path, size, sha256), there in zip(entries, app.sha256(names), strict=True):
        is_in_app = there == sha256
        local = bundle.path / path
        sent = 0 if is_in_app else _sent_bytes(staged, path, local, size=size, sha256=sha256)
        steps.append(FileStep(path, local, size, sha256, sent, is_in_app))
    return Plan(name, tuple(steps), tuple(sorted(set(app.names()) - set(names))))


def folders(phone: Phone, name: str) -> tuple[RemoteFolder, RemoteFolder]:
    """The bundle's staging folder, and its folder in the app."""
    staged = RemoteFolder(phone, f"{STAGING}/{name}", is_app=False)
    return staged, RemoteFolder(phone, f"{MODELS}/{name}", is_app=True)


def check_capacity(phone: Phone, bundle: Bundle, plan: Plan) -> None:
    """End before anything is sent where the phone lacks room or memory; what it does not tell is not held against it.

    Raises:
        PhoneError: with what is needed and what there is.
    """
    room = free_bytes(phone)
    if room is not None and plan.to_send_bytes and room < plan.needed_bytes + _SPARE_BYTES:
        raise PhoneError(
            f"The phone {phone.serial} has {room / 1e6:,.0f} MB free.",
            allowed=f"{(plan.needed_bytes + _SPARE_BYTES) / 1e6:,.0f} MB, as a file is kept twice while it is copied",
            next_step="make room on it",
        )
    memory = kibibytes("MemTotal", phone.run("cat", "/proc/meminfo").text)
    needed = memory_bytes(bundle)
    if memory is not None and needed > _MOST_OF_MEMORY * memory:
        raise PhoneError(
            f"The model needs {needed / 1e9:,.1f} GB of memory; the phone {phone.serial} has {memory / 1e9:,.1f} GB.",
            allowed=f"{_MOST_OF_MEMORY:.0%} of it",
            next_step="export a smaller model, or one in 4 bits",
        )


def memory_bytes(bundle: Bundle) -> int:
    """What the model takes when it runs with a full context: its weights, and its keys and values in float32."""
    models = {entry.path: entry.size_bytes for entry in bundle.manifest.files if entry.path in (MODEL_ONNX, MODEL_PTE)}
    shape = bundle.manifest.shape
    cache = 2 * shape.layer_count * shape.key_value_head_count * shape.head_size * shape.context_length
    return max(models.values(), default=0) + _CACHE_NUMBER_BYTES * cache


def carry_out(phone: Phone, plan: Plan, *, progress: Progress) -> None:
    """Do what the plan says.

    Raises:
        PhoneError: the phone went away or is full; what was sent stays, and a new plan goes on from there.
    """
    if plan.is_done:
        return
    staged, app = folders(phone, plan.name)
    app.remove([MANIFEST])  # the app takes a folder with a manifest for a whole bundle
    for step in plan.steps:
        if step.name == MANIFEST and plan.unlisted:
            app.remove(plan.unlisted)
        if not step.is_in_app or step.name == MANIFEST:
            _send(staged, step, progress)
            _copy(staged, app, step)
        progress(step.name, step.size_bytes, step.size_bytes)
    staged.script('rm -rf -- "$1"', staged.path, what="remove what was sent")


def _sent_bytes(staged: RemoteFolder, name: str, local: Path, *, size: int, sha256: str) -> int:
    """What the staging folder holds of a file, as far as it is the file's beginning."""
    whole, part = staged.sha256([name, f"{name}.part"])
    if whole == sha256:
        return size
    sent = staged.size(f"{name}.part")
    return sent if 0 < sent <= size and part == _beginning_sha256(local, sent) else 0


def _beginning_sha256(local: Path, count: int) -> str:
    digest = hashlib.sha256()
    with local.open("rb") as file:
        while count and (piece := file.read(min(count, PIECE_BYTES))):
            digest.update(piece)
            count -= len(piece)
    return digest.hexdigest()


def _send(staged: RemoteFolder, step: FileStep, progress: Progress) -> None:
    """Send what is missing of a file to its ``.part``, check it, give it its name."""
    if staged.sha256([step.name]) == [step.sha256]:
        return
    part = f"{step.name}.part"
    staged.script(_FOLDER, staged.at(step.name).rpartition("/")[0], what="make a folder")
    if not step.sent_bytes:
        staged.script('umask 022; : > "$1"', staged.at(part), what="make a file")
    sent = step.sent_bytes
    with step.local.open("rb") as file:
        file.seek(sent)
        progress(step.name, sent, step.size_bytes)
        while content := file.read(PIECE_BYTES):
            append(staged.phone, content, staged.at(part))
            sent += len(content)
            progress(step.name, sent, step.size_bytes)
    if staged.sha256([part]) != [step.sha256]:
        staged.remove([part])
        raise _damaged(step)
    staged.script('mv -f "$1" "$2"', staged.at(part), staged.at(step.name), what="rename a file")


def _copy(staged: RemoteFolder, app: RemoteFolder, step: FileStep) -> None:
    app.script(_COPY, staged.at(step.name), app.at(step.name), what="copy a file into the app", timeout_s=600)
    if app.sha256([step.name]) != [step.sha256]:
        app.remove([step.name])
        raise _damaged(step)
    staged.remove([step.name])


def _damaged(step: FileStep) -> PhoneError:
    return PhoneError(f"{step.name} arrived damaged, and was removed.", next_step="give the same command again")
