"""The front: the rich half of `gracekeeper run`. It reads, checks, binds, and becomes the keeper.

Whatever it imports is given back by the exec; whatever it refuses has started nothing and leaves
nothing behind.
"""
