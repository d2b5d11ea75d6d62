"""What only the network tells: imported, and a socket opened, only if the user asks for it."""

from __future__ import annotations

from migrator.online.keys import find_key
from migrator.online.registry import ask
from migrator.online.vault import ask_vault

__all__ = ["ask", "ask_vault", "find_key"]
