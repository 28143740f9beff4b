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
from upcall.deploy.payload import LocalFile, Payload
from upcall.deploy.remote_files import RemoteFolder, append
from upcall.edge_runtime.errors import PhoneError

PIECE_BYTES = 8 * 1024 * 1024
_SPARE_BYTES = 50_000_000
"""Room that is left to the phone."""
_MOST_OF_MEMORY = 0.75
"""A model that needs more of a phone's memory than this is not sent: Android would end the app."""
_FOLDER = 'umask 022; mkdir -p "$1"'
_COPY = """mkdir -p "$(dirname "$2")" && cp "$1" "$2.part" && mv -f "$2.part" "$2" || { rm -f "$2.part"; exit 1; }"""

Progress = Callable[[str, int, int], None]
"""A file of the bundle, the bytes of it that are on the phone, and all its bytes."""


@dataclass(frozen=True, slots=True)
class FileStep:
    """What is to be done with a file.

    Args:
        file: it.
        sent_bytes: what an earlier push left of it on the phone, verified; all of it where it was only not copied yet.
        is_in_app: nothing is to be done.
    """

    file: LocalFile
    sent_bytes: int
    is_in_app: bool

    @property
    def left_bytes(self) -> int:
        """What has to travel."""
        return 0 if self.is_in_app else self.file.size_bytes - self.sent_bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push would do.

    Args:
        name: of the folder on the phone.
        steps: a file each.
        unlisted: other files in the app's folder of that name, to be removed.
    """

    name: str
    steps: tuple[FileStep, ...]
    unlisted: tuple[str, ...]

    @property
    def to_send_bytes(self) -> int:
        """What has to travel."""
        return sum(step.left_bytes for step in self.steps)

    @property
    def needed_bytes(self) -> int:
        """Room that it takes at its peak: a file is in both folders for a while."""
        kept = peak = 0
        for step in self.steps:
            if not step.is_in_app:
                kept += step.left_bytes
                peak = max(peak, kept + step.file.size_bytes)
        return peak

    @property
    def is_done(self) -> bool:
        """Whether the phone has it already, and nothing else in its folder."""
        return not self.unlisted and all(step.is_in_app for step in self.steps)


def plan_push(phone: Phone, payload: Payload) -> Plan:
    """Compare what is to be pushed with what the phone has of it. Changes nothing.

    Raises:
        PhoneError: the phone went away, or the app does not let adb in.
    """
    staged, app = folders(phone, payload.name)
    names = [file.name for file in payload.files]
    steps = []
    for file, there in zip(payload.files, app.sha256(names), strict=True):
        is_in_app = there == file.sha256
        steps.append(FileStep(file, 0 if is_in_app else _sent_bytes(staged, file), is_in_app))
    return Plan(payload.name, tuple(steps), tuple(sorted(set(app.names()) - set(names))))


def folders(phone: Phone, name: str) -> tuple[RemoteFolder, RemoteFolder]:
    """The staging folder of that name, and the app's."""
    staged = RemoteFolder(phone, f"{STAGING}/{name}", is_app=False)
    return staged, RemoteFolder(phone, f"{MODELS}/{name}", is_app=True)


def check_capacity(phone: Phone, payload: Payload, plan: Plan) -> None:
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
    needed = payload.memory_bytes
    if memory is not None and needed > _MOST_OF_MEMORY * memory:
        raise PhoneError(
            f"The model needs {needed / 1e9:,.1f} GB of memory; the phone {phone.serial} has {memory / 1e9:,.1f} GB.",
            allowed=f"{_MOST_OF_MEMORY:.0%} of it",
            next_step="export a smaller model, or one in 4 bits",
        )


def carry_out(phone: Phone, plan: Plan, *, progress: Progress) -> None:
    """Do what the plan says.

    Raises:
        PhoneError: the phone went away or is full; what was sent stays, and a new plan goes on from there.
    """
    if plan.is_done:
        return
    staged, app = folders(phone, plan.name)
    last = plan.steps[-1]
    app.remove([last.file.name])  # the app takes a folder with a manifest for a whole bundle
    for step in plan.steps:
        if step is last:
            app.remove(plan.unlisted)
        if step is last or not step.is_in_app:
            _send(staged, step, progress)
            _copy(staged, app, step.file)
        progress(step.file.name, step.file.size_bytes, step.file.size_bytes)
    staged.script('rm -rf -- "$1"', staged.path, what="remove what was sent")


def _sent_bytes(staged: RemoteFolder, file: LocalFile) -> int:
    """What the staging folder holds of a file, as far as it is the file's beginning."""
    whole, part = staged.sha256([file.name, f"{file.name}.part"])
    if whole == file.sha256:
        return file.size_bytes
    sent = staged.size(f"{file.name}.part")
    return sent if 0 < sent <= file.size_bytes and part == _beginning_sha256(file.path, sent) else 0


def _beginning_sha256(local: Path, count: int) -> str:
    digest = hashlib.sha256()
    with local.open("rb") as file:
        while count and (piece := file.read(min(count, PIECE_BYTES))):
            digest.update(piece)
            count -= len(piece)
    return digest.hexdigest()


def _send(staged: RemoteFolder, step: FileStep, progress: Progress) -> None:
    """Send what is missing of a file to its ``.part``, check it, give it its name."""
    file = step.file
    if staged.sha256([file.name]) == [file.sha256]:
        return
    part = f"{file.name}.part"
    staged.script(_FOLDER, staged.at(file.name).rpartition("/")[0], what="make a folder")
    if not step.sent_bytes:
        staged.script('umask 022; : > "$1"', staged.at(part), what="make a file")
    sent = step.sent_bytes
    with file.path.open("rb") as content:
        content.seek(sent)
        progress(file.name, sent, file.size_bytes)
        while piece := content.read(PIECE_BYTES):
            append(staged.phone, piece, staged.at(part))
            sent += len(piece)
            progress(file.name, sent, file.size_bytes)
    if staged.sha256([part]) != [file.sha256]:
        staged.remove([part])
        raise _damaged(file)
    staged.script('mv -f "$1" "$2"', staged.at(part), staged.at(file.name), what="rename a file")


def _copy(staged: RemoteFolder, app: RemoteFolder, file: LocalFile) -> None:
    app.script(_COPY, staged.at(file.name), app.at(file.name), what="copy a file into the app", timeout_s=600)
    if app.sha256([file.name]) != [file.sha256]:
        app.remove([file.name])
        raise _damaged(file)
    staged.remove([file.name])


def _damaged(file: LocalFile) -> PhoneError:
    return PhoneError(f"{file.name} arrived damaged, and was removed.", next_step="give the same command again")
