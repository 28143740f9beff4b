"""Engines that the service can run: ``scripted`` for tests, ``llamacpp`` for a real model."""
