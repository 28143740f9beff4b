"""Numbers that identify a person, an account or a device, each with its check digits."""
