"""Pages and drawings, looked at in a real browser."""
