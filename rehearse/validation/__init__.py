"""How far the coach's readings agree with people who rated the same words: sources, readings, measures. Nothing is fitted here
that ships, and no text that is read is kept.

`rehearse validate DATA_DIR` is the door. The statistics are scikit-learn's and SciPy's (`pip install 'rehearse[validate]'`).
"""
