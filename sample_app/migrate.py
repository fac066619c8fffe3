"""Bring the tables up to date, once, before the application starts: `python -m sample_app.migrate`.

The database is the application's: DATABASE_URL and DATABASE_PASSWORD_FILE.
"""

from __future__ import annotations

import os
import sys

from sqlalchemy.exc import SQLAlchemyError

from sample_app.database import Database, DatabaseUnavailableError, named_by


def main() -> int:
    """Migrate; 0 when the tables are up to date, 1 with a reason when they are not."""
    try:
        database = Database(named_by(os.environ))
    except ValueError as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    try:
        missing = database.migrate()
    except (SQLAlchemyError, DatabaseUnavailableError) as error:
        why = str(getattr(error, "orig", None) or error).strip().replace("\n", "; ")
        where = database.url.render_as_string()
        print(f"cannot migrate {where}: {why}. Start again when it answers.", file=sys.stderr)
        return 1
    finally:
        database.close()
    for one in missing:
        print(f"migrated: {one.number} {one.name}")
    print("the tables are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
