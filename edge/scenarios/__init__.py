"""Written incidents for a table: the file read and checked, and those that ship."""
