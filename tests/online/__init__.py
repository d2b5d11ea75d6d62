"""Tests of what only the network tells, against real servers on this machine."""
