"""What is true: facts in, a decision out. Pure: no I/O, no clock, no logging."""
