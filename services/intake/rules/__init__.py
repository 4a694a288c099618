"""What the public's ways in have in common: lives as tables, promises, rows of their policies."""
