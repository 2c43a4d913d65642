"""Reading and writing files so that a bad one is refused in one line and a written one is whole or absent."""
