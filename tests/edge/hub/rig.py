"""What the tests ask a hub's database, beside what they send."""

from typing import Any

from edge.hub.database import Database

Rows = list[tuple[str, int, str]]


async def enrolled(database: Database, *campuses: str) -> None:
    async with database.of_district() as district:
        for campus in campuses:
            await district.execute("INSERT INTO campus (campus, name) VALUES ($1, $1)", campus)


async def kept(database: Database, campus: str = "north") -> Rows:
    """Every event that is held of a campus: epoch, number, body, in order."""
    async with database.of_campus(campus) as connection:
        rows = await connection.fetch(
            "SELECT v.epoch, v.seq, body FROM event v JOIN epoch USING (campus, epoch) ORDER BY number, v.seq"
        )
    return [(str(row["epoch"]), row["seq"], row["body"]) for row in rows]


async def sealed(database: Database, campus: str = "north") -> dict[tuple[int, str], str]:
    async with database.of_campus(campus) as connection:
        rows = await connection.fetch("SELECT seq, field, value FROM sealed")
    return {(row["seq"], row["field"]): row["value"] for row in rows}


async def alarms(database: Database, campus: str = "north") -> list[dict[str, Any]]:
    """Those that nobody cleared, in the order in which they were raised."""
    async with database.of_campus(campus) as connection:
        rows = await connection.fetch("SELECT * FROM alarm WHERE cleared IS NULL ORDER BY number")
    return [dict(row) for row in rows]
