"""The Atlassian admin API: what a person's access needs, and the writes that give it. Knows nothing of Slack or of our database."""
