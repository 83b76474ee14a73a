"""Tables derived from the journal for lists and history: droppable, made again at any time. Start at
`follower.py`.
"""
