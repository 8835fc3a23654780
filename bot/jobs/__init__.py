"""PURE: one frozen payload per outbox job, by subject."""
