"""The gRPC service that hosts the large model."""
