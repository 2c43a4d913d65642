"""The one exception that means: the input is wrong, and here is what to do about it."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input from the user: a file, a catalogue row, a profile value, a name.

    The message is one line that names the file, the row and the column where they exist, and says what to do.
    The command line prints it without a traceback and exits with status 2.
    """
