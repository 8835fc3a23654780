"""A simulated Slack workspace with one app installed, reached over real sockets."""
