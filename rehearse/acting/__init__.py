"""A language model on the stage: it says what the director decided, sentence by sentence, inside the persona's rules."""
