"""A simulated Slack workspace and a simulated Atlassian organization, reached only over sockets."""
