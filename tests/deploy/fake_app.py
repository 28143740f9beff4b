"""``am start`` of a fake phone, and the app that it starts: answers the intents of ``upcall deploy`` as the contract says.

A program of its own: the phone's shell runs it. ``state/mode`` says what the app does.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

ROOT = Path(os.environ.get("ROOT", "."))
STATE = ROOT / "state"
FILES = ROOT / "data/data/dev.upcall.app/files"
PID = "4321"


def main() -> None:
    """Read the intent as Android's ``Intent.parseCommandArgs`` does, start the app."""
    words = sys.argv[1:]
    assert words.pop(0) == "start"
    component = action = None
    extras: dict[str, str | int] = {}
    while words:
        option = words.pop(0)
        if option == "-n":
            component = words.pop(0)
        elif option == "-a":
            action = words.pop(0)
        elif option in ("--es", "--ei"):
            name, value = words.pop(0), words.pop(0)
            extras[name] = int(value) if option == "--ei" else value
        else:
            sys.exit(f"Error: Unknown option: {option}")
    if component != "dev.upcall.app/.MainActivity" or not (STATE / "installed").exists():
        print(f"Error type 3\nError: Activity class {{{component}}} does not exist.")
        return
    print(f"Starting: Intent {{ act={action} cmp={component} (has extras) }}")
    sys.stdout.flush()
    (STATE / "intent.json").write_text(json.dumps({"action": action, "extras": extras}), encoding="utf-8")
    mode = (STATE / "mode").read_text()
    (STATE / "pid").write_text(PID)
    if mode in ("hangs", "crashes"):
        return
    if mode == "slow" and os.fork():  # the app works on after am has ended
        return
    if mode == "slow":
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        time.sleep(1)
    report = answer(extras) if action == "dev.upcall.app.ASK" else measure(extras)
    if mode == "fails":
        error = {
            "name": "bundle",
            "problem": "There is no model.",
            "allowed": "",
            "next_step": "upcall deploy push BUNDLE",
        }
        report |= {"state": "failed", "error": error, "answer": None, "place": None}
    content = "{" if mode == "garbles" else json.dumps(report, ensure_ascii=False)
    path = FILES / "deploy" / f"{extras['request_id']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(content, encoding="utf-8")
    part.rename(path)


def answer(extras: dict[str, str | int]) -> dict[str, object]:
    """The question comes back as the answer."""
    question = str(extras["question"])
    is_sent = extras.get("strategy") == "cloud"
    return {
        "request_id": extras["request_id"],
        "bundle": extras.get("bundle", "smollm2-135m-instruct-onnx_int4_g32"),
        "answer": question,
        "place": "cloud" if is_sent else "device",
        "reason": "forced" if is_sent else "confident",
        "score": -0.01,
        "threshold": -0.85,
        "output_tokens": 8,
        "tokens_per_s": 21.5,
        "time_to_first_token_ms": 399.2,
        "total_ms": 771.0,
        "left_device": is_sent,
        "sent": [{"role": "user", "content": "Write to [[EMAIL_1_k7]]"}] if is_sent else [],
        "masked": {"EMAIL": 1} if is_sent else {},
        "error": None,
        "state": "done",
    }


def measure(extras: dict[str, str | int]) -> dict[str, object]:
    """Rounds of prompts of 24 tokens."""
    one = {
        "prompt_tokens": 24,
        "time_to_first_token_ms": 80.0,
        "prefill_tokens_per_s": 300.0,
        "decode_tokens_per_s": 40.0,
    }
    return {
        "request_id": extras["request_id"],
        "bundle": extras["bundle"],
        "engine": "onnx",
        "engine_version": "1.26.0",
        "load_ms": 512.5,
        "rounds": [one] * int(extras["rounds"]),
        "by_position": [{"position": 256, "decode_tokens_per_s": 38.0}],
        "peak_rss_bytes": 345_678_912,
        "thermal_before": "none",
        "thermal_after": "light",
        "battery_percent": 84.0,
        "device": {"model": "Pixel Test", "abi": "arm64-v8a", "android": "15", "sdk": 35},
        "state": "done",
        "error": None,
    }


if __name__ == "__main__":
    main()
