"""``upcall deploy``, a module a command."""
