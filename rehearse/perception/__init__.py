"""What the learner's words do and hold: dialogue acts, levels, slots, readability."""
