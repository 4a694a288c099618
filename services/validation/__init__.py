"""Validation: is what the client asks viable, is it clear, and until when."""
