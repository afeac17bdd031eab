"""What tables say of objects."""
