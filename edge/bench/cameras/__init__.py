"""The benchmark of cameras: what reading, keeping and showing them costs, how soon one is lost, and the press unmoved."""
