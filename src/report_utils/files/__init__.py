"""Reading files so that a bad one is refused in one line, and writing them so that they are whole or absent."""
