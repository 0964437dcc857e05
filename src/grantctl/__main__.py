"""`python -m grantctl`."""

from __future__ import annotations

from grantctl.cli.main import main

if __name__ == "__main__":
    main()
