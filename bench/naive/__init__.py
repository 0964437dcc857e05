"""The same question, asked by programs that one would write without a second thought.

Owns three: the usual stack with everything imported at the top, the same with its imports where
they are needed, and a script over `sqlite3` alone.
"""
