"""The vocabulary of the whole product. Read `moments`, `kinds`, `events`, `commands`, `facts`, in that order."""
