from __future__ import annotations

import os

from upcall.edge_runtime.processors import physical_cores


def test_physical_cores() -> None:
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
