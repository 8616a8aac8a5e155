"""What runs rooms: all of them in one process, or one beside the others on other machines."""
