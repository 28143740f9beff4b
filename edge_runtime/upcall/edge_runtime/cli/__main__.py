"""``python -m upcall.edge_runtime.cli``, the same as ``upcall``."""

from upcall.edge_runtime.cli.main import main

main()
