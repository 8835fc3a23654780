"""PURE: which seats are idle, what stops a scan, and what a plan says."""
