"""What is kept between two builds: finished runs, keys that say what they were computed from, and clean-up."""
