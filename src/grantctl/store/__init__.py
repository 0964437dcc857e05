"""Where is it kept? SQLite or Postgres; deciding over plain DB-API, the rest by SQLModel."""
