"""Long work in worker processes: how many there are, what each may use, how far they are and when they stop."""
