"""Tests of the database layer, on a real SQLite file and a real PostgreSQL."""
