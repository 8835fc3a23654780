"""What people and Comeback do, one unit of work each; synchronous, and without a word to Slack or Atlassian."""
