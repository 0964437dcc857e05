"""Who may call this? Other programs' doors: FastAPI dependencies, and plain Python.

Only `fastapi` and `endpoints` need FastAPI; the rest is what both doors share.
"""
