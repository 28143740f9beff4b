"""Where a question is answered, and from which numbers: pure functions, the same in every language."""
