"""Windows that ask: each returns what a person chose, or nothing, and does nothing itself."""
