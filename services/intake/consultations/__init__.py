"""Consultations of the public by mail and form (B:L711-755)."""
