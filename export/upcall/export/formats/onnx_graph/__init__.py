"""The decoder as an ONNX graph. Not named after the package that writes it, which would stand in its way."""
