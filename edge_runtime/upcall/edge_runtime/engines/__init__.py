"""Adapters of the Engine protocol, one a file. Import the one that is needed: each brings its own heavy dependency."""
