"""The database: requests, decisions, the outbox and the audit trail, as plain functions of a unit of work."""
