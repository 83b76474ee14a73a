"""Floor plans: files as they come, what is read of them, and the map that they make."""
