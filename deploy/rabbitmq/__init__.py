"""RabbitMQ: its configuration, and the topology as its definitions."""
