"""Routers: collect outcomes, train, calibrate and compare. Nothing here runs on a device; the rules do (``edge_runtime``)."""
