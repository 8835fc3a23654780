"""Tests of the simulated Slack: its protocol is held against the real client libraries."""
