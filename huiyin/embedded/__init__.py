"""The whole county in one process: four rooms, a nats-server child and one HTTP port."""
