"""What a deployment is made of; the Python in here generates files that are committed."""
