"""The user's code while it runs: whose a file is, its frames and calls, what its source says, its hash."""
