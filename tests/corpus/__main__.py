"""Make a class of example students: ``python -m tests.corpus FOLDER``."""

import sys
from pathlib import Path

from .build import build_class

build_class(Path(sys.argv[1]))
