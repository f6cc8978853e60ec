"""The coach: ratings, remarks, debrief. Reads conversations, stores nothing."""
