"""How users were attended: asked after the end, by the six quality drivers (B:L409-448)."""
