"""How PyTorch's and ExecuTorch's exporters are called: without what they say about themselves."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_toolchain() -> Iterator[None]:
    """Keeps back the toolchain's warnings on its own use of what is deprecated, and what it notes about each graph."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
