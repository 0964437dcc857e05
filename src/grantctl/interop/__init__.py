"""What did others write? Foreign databases, read as plain values of our own words."""
