"""The Bolt app: what people see and decide, joined to the two leaves `atlassian` and `storage`."""
