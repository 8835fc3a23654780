"""What people see: each module owns its ids, renders from records, and parses what comes back. PURE."""
