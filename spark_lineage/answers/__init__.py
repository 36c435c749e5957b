"""What can be asked of a store: frozen answers, the same for every reader, and one error for all that is refused."""
