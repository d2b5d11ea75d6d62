"""The codemods as commands: ``python -m libcst.tool list`` tells them, ``codemod`` runs them."""
