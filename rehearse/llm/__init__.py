"""Chat models: opening them, asking them, counting what they read, and what becomes of their failures."""
