"""The codemods as commands of ``python -m libcst.tool``."""
