-- Blind spots of a press that became known behind it.

ALTER TABLE blind_spots ADD COLUMN since_us INTEGER;   -- UTC microseconds since when, at the latest; NULL: known at the press
