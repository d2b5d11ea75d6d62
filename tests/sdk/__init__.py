"""Tests against releases of the real SDK and a server on this machine that speaks its protocol."""
