"""Published flaws, offline: the NVD's records and CISA's catalogue, from a file that a person brings."""
