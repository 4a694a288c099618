"""Suggestions and claims: checked, referred, evaluated, and the result told (B:L1376-1422)."""
