"""What every test run shares: Hypothesis without deadlines, and without chance in CI."""

import os

from hypothesis import settings

settings.register_profile("nesssym", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("nesssym")
