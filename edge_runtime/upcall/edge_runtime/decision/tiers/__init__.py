"""Decides which of K tiers to ask, and when to stop: pure functions of estimates.

Vectors: proto/vectors/routing.json
"""
