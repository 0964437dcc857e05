"""Benchmarks: grantctl beside hand-written SQL and beside others, in one run, as ratios.

`python -m bench` runs them. Nothing here is shipped, and no test holds a time: what is measured is
how many times longer one takes than the other, with the same data, the same questions and, checked,
the same answers.
"""
