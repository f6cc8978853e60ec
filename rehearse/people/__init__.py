"""Several people on one installation: who may enter, what they share, and what they take along."""
