"""``upcall route``, a module a command."""
