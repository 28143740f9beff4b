"""Registers the commands of ``upcall deploy`` by name, and imports one only when it is called."""

from __future__ import annotations

from upcall.edge_runtime.cli.commands import command_app, help_with_examples, register

COMMANDS = {
    "doctor": ("upcall.deploy.cli.doctor", "Can this phone run it?"),
    "install": ("upcall.deploy.cli.install", "Put the app on the phone."),
    "push": ("upcall.deploy.cli.push", "Put a bundle into the app."),
    "run": ("upcall.deploy.cli.run", "Ask on the phone, show the answer here."),
    "bench": ("upcall.deploy.cli.bench", "Measure the phone beside this machine."),
    "logs": ("upcall.deploy.cli.logs", "Show the app's log."),
}

app = command_app(
    name="upcall deploy",
    help=help_with_examples(
        "Put Upcall on an Android phone and use it from here. The phone is the only one that adb lists, or the one that "
        "--serial or ANDROID_SERIAL names.",
        "upcall deploy doctor",
        "upcall deploy install app-debug.apk",
        "upcall deploy push ~/.cache/upcall/bundles/smollm2-135m-instruct-onnx_int4_g32",
        "upcall deploy run 'What is 12 + 30?'",
    ),
    no_args_is_help=True,
)


register(app, COMMANDS, called="upcall deploy")
