"""The documents desk: files, their additions, and notification that can be proved (B:L764-830)."""
