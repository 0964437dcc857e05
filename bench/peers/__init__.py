"""Others that answer the same questions, each as its own documentation has it used.

Owns none of their code: they are installed by the extra `bench`.
"""
