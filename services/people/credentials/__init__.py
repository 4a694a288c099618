"""Passwords, sessions and keys: beside the cases, never in events or logs, hashed each."""
