"""What is visible of a query, as numbers."""
