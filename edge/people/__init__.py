"""Accounts, programs, sessions and second factors: who somebody is, and what `rules.rights` lets them do."""
