"""What `doctor` probes: each part outside the daemon, over the true protocol, with what to do about what failed."""
