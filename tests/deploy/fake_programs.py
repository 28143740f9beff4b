"""Android's own programs, as scripts in a fake phone's ``bin``. What they answer stands in files of its ``state``."""

from __future__ import annotations

import shutil
from pathlib import Path

TOYBOX = ("cat", "chmod", "cp", "dirname", "find", "mkdir", "mv", "rm", "sha256sum", "sleep", "stat", "true")
PROPS = {
    "ro.product.manufacturer": "Google",
    "ro.product.model": "Pixel Test",
    "ro.product.cpu.abilist": "arm64-v8a,armeabi-v7a",
    "ro.build.version.release": "15",
    "ro.build.version.sdk": "35",
}
STATE = {
    "battery": "Current Battery Service state:\n  USB powered: true\n  status: 2\n  level: 85\n  scale: 100\n"
    "  temperature: 281\n",
    "thermal": "IsStatusOverride: false\nThermalEventListeners:\n\tcallbacks: 1\nThermal Status: 1\n",
    "package": "Packages:\n  Package [dev.upcall.app] (1a2b3c):\n    versionCode=1 minSdk=26 targetSdk=36\n"
    "    versionName=0.1.0\n",
    "free_kib": "8000000",
    "pm_install": "Success",
    "mode": "answers",
    "installed": "",
    "debuggable": "",
}
_MEMORY = "MemTotal:        7823456 kB\nMemFree:          345678 kB\nMemAvailable:    3456789 kB\n"
_SCRIPTS = {
    "getprop": 'cat "$ROOT/state/props/$1" 2>/dev/null || echo',
    "dumpsys": """case $1 in
battery) cat "$ROOT/state/battery" ;;
thermalservice) cat "$ROOT/state/thermal" 2>/dev/null || echo "Can't find service: thermalservice" ;;
package) cat "$ROOT/state/package" ;;
esac""",
    "df": """echo 'Filesystem     1024-blocks     Used Available Capacity Mounted on'
echo "/dev/block/dm-5  113258456 90000000 $(cat "$ROOT/state/free_kib")  92% /data\"""",
    "run-as": """if [ "$1" != dev.upcall.app ] || [ ! -e "$ROOT/state/installed" ]; then
  echo "run-as: unknown package: $1" >&2; exit 1
fi
if [ ! -e "$ROOT/state/debuggable" ]; then
  echo "run-as: package not debuggable: $1" >&2; exit 1
fi
if [ -e "$ROOT/state/run_as" ]; then cat "$ROOT/state/run_as" >&2; exit 1; fi
cd "$ROOT/data/data/$1" && shift && exec "$@\"""",
    "pm": """case $1 in
path) [ -e "$ROOT/state/installed" ] && echo package:/data/app/base.apk ;;
install)
  for last do :; done
  [ -s "$last" ] || { echo 'Failure [INSTALL_PARSE_FAILED_NOT_APK]'; exit 1; }
  cat "$ROOT/state/pm_install"
  case $(cat "$ROOT/state/pm_install") in Success) touch "$ROOT/state/installed" ;; *) exit 1 ;; esac ;;
esac""",
    "pidof": """[ -e "$ROOT/state/pid" ] || exit 1
cat "$ROOT/state/pid"
[ "$(cat "$ROOT/state/mode")" != crashes ] || rm "$ROOT/state/pid\"""",
    "logcat": """follow=yes pid=
for word do
  case $word in
  -d) follow=no ;;
  crash) cat "$ROOT/state/crash" 2>/dev/null; exit 0 ;;
  --pid=*) pid=${word#--pid=} ;;
  esac
done
touch "$ROOT/state/log.$pid"
if [ $follow = yes ]; then exec tail -n +1 -f "$ROOT/state/log.$pid"; else exec cat "$ROOT/state/log.$pid"; fi""",
    "am": 'exec "$PYTHON" "$ROOT/bin/fake_app.py" "$@"',
}


def write(root: Path, *, tools: str | None) -> None:
    """Fill ``bin``, ``proc`` and ``state``."""
    programs = root / "bin"
    for name, script in _SCRIPTS.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    shell = shutil.which("mksh" if tools else "sh")
    assert shell is not None
    (programs / "sh").symlink_to(shell)
    if tools is not None:
        toybox = shutil.which(tools)
        assert toybox is not None
        for name in TOYBOX:
            (programs / name).symlink_to(toybox)
    shutil.copy(Path(__file__).with_name("fake_app.py"), programs)
    (root / "proc/meminfo").write_text(_MEMORY, encoding="ascii")
    for name, content in STATE.items():
        (root / "state" / name).write_text(content, encoding="utf-8")
    for name, content in PROPS.items():
        (root / "state/props" / name).write_text(f"{content}\n", encoding="utf-8")
