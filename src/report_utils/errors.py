"""The exception for wrong input, whose message says what to do about it, and functions that make text safe to show."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input from the user: a file, a catalogue row, a profile value, a name.

    The message is one line that names the file, the row and the column where they exist, and says what to do.
    The command line prints it without a traceback and exits with status 2.
    """


class NotAvailableError(InputError):
    """A transform or run that a profile does not have; a page that asks for it says so instead of failing."""


def printable(text: str, length: int = 60) -> str:
    """Return a name from a file, made safe for one line of a message."""
    clean = "".join(character if character.isprintable() else "?" for character in text)
    return clean if len(clean) <= length else f"{clean[: length - 3]}..."


def shown(text: object, length: int = 2000) -> str:
    """Return text fit for a terminal: one line, its control characters escaped, and without the middle of endless text.

    A name may hold an escape sequence, and a message may quote a name of a megabyte; its end says what to do.
    """
    text, half = str(text), length // 2
    if len(text) > length:
        text = f"{text[:half]} ... ({len(text) - 2 * half} characters) ... {text[-half:]}"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
