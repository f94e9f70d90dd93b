"""Run with `python3 -m unittest` in the folder above; nothing need be installed."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "src"))
