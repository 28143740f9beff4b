"""Public data sets: questions with their right answers, how answers are graded, and outcomes that others recorded."""
