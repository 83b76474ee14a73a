"""Rules of the book: operations, apart from the reflex. Pure, like all of `rules`."""
