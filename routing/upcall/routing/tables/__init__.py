"""Outcome tables: what every tier answered to every query, read, split, written."""
