"""The chain's constants: limits, algorithms, kinds of keys, reasons, contexts. `constants.json` is written from those in
Rust, by `primitives/identity/tests/client_constants.rs`."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Dict

_CONSTANTS: Dict[str, Any] = json.loads(files(__package__).joinpath("constants.json").read_text("utf-8"))

LIMITS: Dict[str, int] = _CONSTANTS["limits"]
CONTEXTS: Dict[str, str] = _CONSTANTS["contexts"]
KEYS = _CONSTANTS["keys"]
ALGORITHMS = _CONSTANTS["algorithms"]
REASONS = _CONSTANTS["reasons"]
