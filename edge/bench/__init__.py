"""`make bench`: from the publish of a press to the last door written and proven, beside a bare script. Start at `bench`."""
