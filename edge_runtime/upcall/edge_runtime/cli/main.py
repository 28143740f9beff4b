"""The entry point. Knows the commands by name, and imports one only when it is called, so that help comes at once."""

from __future__ import annotations

import os
import sys

from upcall.edge_runtime.cli.commands import command_app, register
from upcall.edge_runtime.cli.output import drop_output, tolerate_terminals, unwritable_told
from upcall.edge_runtime.errors import UpcallError

INTERRUPTED = 130

# Name → module with a Typer app named `app`, and the line that help shows.
COMMANDS = {
    "ask": ("upcall.edge_runtime.cli.ask", "Ask one question."),
    "chat": ("upcall.edge_runtime.cli.chat", "Talk, turn by turn."),
    "redact": ("upcall.edge_runtime.cli.redact", "Mask a text, a JSON value or a corpus."),
    "restore": ("upcall.edge_runtime.cli.restore", "Put back what was masked."),
    "pull": ("upcall.edge_runtime.cli.pull", "Download models, verified."),
    "export": ("upcall.export.cli", "Turn a model into a device bundle."),
    "route": ("upcall.routing.cli.main", "Train routers and compare them."),
    "budget": ("upcall.edge_runtime.cli.budget", "Limit what calls may cost."),
    "inspect": ("upcall.edge_runtime.cli.inspect", "Show what is in a bundle."),
    "verify": ("upcall.edge_runtime.cli.verify", "Check that a bundle works here."),
    "cloud": ("upcall.cloud_service.cli", "Serve the large model."),
    "deploy": ("upcall.deploy.cli.main", "Put it on a phone, and ask it there."),
    "demo": ("upcall.edge_runtime.cli.demo", "See all of it work, on real models."),
}

app = command_app(
    name="upcall",
    help="A small model on the device answers when it can and calls up to a large one when it must. Private words stay.",
    no_args_is_help=True,
)


register(app, COMMANDS, called="upcall")


def main() -> None:
    """Run a command. An error becomes a message and an exit code, never a traceback (unless UPCALL_DEBUG is set)."""
    # Read when gRPC is imported. What its core would log comes as errors, too, and better told.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    tolerate_terminals()
    try:
        with unwritable_told():
            _run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # `upcall ask … | head`
        drop_output()
        sys.exit(1)
    except UpcallError as error:
        _fail(str(error), code=error.exit_code)
    except Exception as error:
        if os.environ.get("UPCALL_DEBUG"):
            raise
        # The text of an unknown error may quote the prompt, so only its type is shown.
        _fail(
            f"Unexpected internal error ({type(error).__name__}).\nNext: set UPCALL_DEBUG=1 to see where, and report it",
            code=1,
        )


def _run() -> None:
    """The command; a plain end of it returns, so that what it wrote is flushed while errors can still be told."""
    try:
        app()
    except SystemExit as end:
        if end.code:
            raise


def _fail(text: str, *, code: int) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"Error: {text}\n")
    sys.exit(code)
