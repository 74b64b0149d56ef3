"""What the core needs of the outside, as Protocols, by area. Adapters implement them.

Every method may raise `Unavailable`; the other errors are named where they can happen.
"""
