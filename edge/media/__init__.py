"""The camera process: every stream watched, the half minute before a press kept, live pictures handed on."""
