"""The ``albench`` command, and ``python -m albench``: stopped by Ctrl-C in one line from its first import on."""

from __future__ import annotations


def main() -> None:
    """Load the command line and run it (see ``albench.cli.main``)."""
    try:
        from albench.disk.interrupts import own_process
        from albench.garbage import seldom

        own_process()
        seldom()
        from albench.cli.main import main as run
    except KeyboardInterrupt:  # before the handler was there
        from albench.disk.interrupts import leave

        leave()
    run()


if __name__ == "__main__":
    main()
