"""`python -m vcaudit`."""

from vcaudit.cli import main

if __name__ == "__main__":
    main()
