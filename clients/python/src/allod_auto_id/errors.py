"""What can be wrong with an input. One code for each cause; the table is in README.md."""

from __future__ import annotations


class AutoIdError(ValueError):
    """An input that is refused. `code` names the cause, the message also says what would be right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def shown(value: object) -> str:
    """A value as an error names it: short, and never more of it than helps."""
    if isinstance(value, (bytes, bytearray)):
        return f"{len(value)} bytes"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
