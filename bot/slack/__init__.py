"""Slack: what people see and click, and the only place that knows Slack's API."""
