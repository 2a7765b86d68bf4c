"""``python -m signalsim`` is the command ``signalsim``."""

from signalsim.cli import main

if __name__ == "__main__":
    main()
