"""The other end of every driver's protocol, breakable by hand. These ship: `simulate`, `demo`, tests."""
