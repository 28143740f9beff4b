"""Tables, lists and nested data in a text: which values belong to which label, and which belong together."""
