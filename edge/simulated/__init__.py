"""A whole campus of simulated devices: each configured device's other end, speaking the true protocol, breakable."""
