"""What the visible signals say of quality: calibrated probabilities."""
