"""The client's door: the registry of requests, from reception to the signed close."""
