"""Figures: exact counts of everybody's events, asked for, drilled into, and proved."""
