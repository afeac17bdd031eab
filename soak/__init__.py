"""Long trials by hand, `make soak`: kills at random moments, and damaged input."""
