"""The district's hub: what campuses send is kept and shown, and directives go down. On PostgreSQL; no state of its own."""
