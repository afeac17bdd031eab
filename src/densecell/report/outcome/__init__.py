"""What a result says: the sections of its page, and whether it is still what it was."""
