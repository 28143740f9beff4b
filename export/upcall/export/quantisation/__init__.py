"""Weights to 4 or 8 bits: which codes, and how MatMulNBits stores them."""
