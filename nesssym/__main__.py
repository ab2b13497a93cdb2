"""``python -m nesssym``: the command line."""

import sys

from nesssym.cli import main

sys.exit(main())
