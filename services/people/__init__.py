"""Who works here: persons, their roles and the organisations they belong to."""
