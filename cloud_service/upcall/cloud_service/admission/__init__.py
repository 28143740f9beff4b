"""Who may call, and who may run now."""
