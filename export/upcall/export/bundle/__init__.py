"""The folder that becomes a bundle: its card, and its router heads."""
