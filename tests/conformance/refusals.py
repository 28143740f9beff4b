"""The errors that vectors name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from upcall.edge_runtime.errors import UpcallError


@contextmanager
def refused(error: str) -> Iterator[None]:
    """The block ends in the error of this name, and in no other."""
    with pytest.raises(UpcallError) as caught:
        yield
    assert caught.value.name == error
