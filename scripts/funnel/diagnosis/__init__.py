"""From draws to rows: diagnostics, exact errors, and their collation into tables."""
