"""What is kept between builds: finished runs, the keys that identify them, verification and clean-up."""
