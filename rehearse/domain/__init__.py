"""What Rehearse is about: frozen values and the data files they are read from."""
