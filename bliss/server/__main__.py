"""`python -m bliss.server` is `bliss-beacon`."""

import sys

from bliss.server.main import main

sys.exit(main())
