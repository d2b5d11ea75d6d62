"""What only the network tells: whether images can be pulled, and whether a secret can be read.

This room is imported, and a socket opened, only if the user asks for it.
"""

from __future__ import annotations

from migrator.online.keys import Key, find_key
from migrator.online.registry import Replies, State, ask
from migrator.online.vault import ask_vault

__all__ = ["Key", "Replies", "State", "ask", "ask_vault", "find_key"]
