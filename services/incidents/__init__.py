"""Incidents: three tiers, one ticket, and every promise on the way to the answer."""
