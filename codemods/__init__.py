"""The transformations, one file each: source text in, text or edits out. Nothing here knows of migrator."""
