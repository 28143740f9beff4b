"""The decoder as an ExecuTorch program. Not named after the package that lowers it, which would stand in its way."""
