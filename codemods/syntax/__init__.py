"""What the codemods stand on: edits, JSON and Python trees, and how their authors laid them out."""
