"""What the decision is told of this device, read from its operating system."""
