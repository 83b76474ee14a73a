"""The API under `/api/v1/` (contract section 5): one file a noun, models that validate, answer and document at once."""
