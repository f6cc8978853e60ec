"""The counterpart: state, dynamics, director, actor, engine. No input or output."""
