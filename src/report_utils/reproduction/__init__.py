"""One profile of the reproduction: its observations, fits, dynamics and studies, computed or committed."""
