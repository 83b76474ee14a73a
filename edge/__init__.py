"""The daemon: it wires, remembers, shows and sends on; what is decided it asks of `rules`."""
