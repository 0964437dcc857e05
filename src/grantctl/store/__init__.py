"""Where is it kept? SQLite or Postgres; the decision path over plain DB-API, the rest by SQLModel."""
