"""What stops an export when it fails, and what its card says of quality."""
