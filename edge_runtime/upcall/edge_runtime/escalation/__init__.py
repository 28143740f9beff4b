"""Calling up: the gRPC client of ``upcall.protocol.v1.EscalationService``."""

from upcall.edge_runtime.escalation.client import GrpcCloud
from upcall.edge_runtime.escalation.endpoint import CloudEndpoint

__all__ = ["CloudEndpoint", "GrpcCloud"]
