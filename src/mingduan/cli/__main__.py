"""`python -m mingduan.cli` is the `mingduan` command."""

from . import main

main()
