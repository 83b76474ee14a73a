"""What the daemon serves over HTTP: for now whether it lives and whether it is armed."""
