"""The district: the record goes up to it, its directives come down. Nothing of a press ever waits for it."""
