"""What an agent asks by the Model Context Protocol: read-only tools over the answers. See docs/agents.md."""
