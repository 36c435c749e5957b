"""Ways to switch the agent on: the runner, the start-up hook of spark-submit, the session helper."""
