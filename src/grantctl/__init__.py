"""grantctl: who can do what, and why. The library under the command line of that name."""

__version__ = "0.1.0"
