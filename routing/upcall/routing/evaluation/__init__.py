"""Methods compared on a table: curves, figures with intervals, promises, reports."""
