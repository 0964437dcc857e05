"""Who is asking? Passwords."""
