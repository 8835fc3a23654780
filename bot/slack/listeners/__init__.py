"""What happens on a command, click, submission or event: one module per kind of act, each with `register(app, ...)`."""
