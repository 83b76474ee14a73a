"""The operations half: assets, tickets, inspections, and what they raise. Pure, as all rules; decided in a process of its own.

Start reading at `book.Book` (what is known), `decide.decide` (what a person asks) and `sweep.sweep` (what time and state ask).
"""
