"""What is kept between sessions: rehearsals in SQLite (SQLAlchemy, Alembic), passages in Chroma. The only home of both."""
