"""``python -m evenhand``: the same as the program."""

import sys

from evenhand.cli import main

sys.exit(main())
