"""Routes by which people are told: each takes a notice that the interlock passed, and says what became of it."""
