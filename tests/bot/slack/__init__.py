"""Tests of what people see in Slack, and of everything that talks to Slack."""
