"""Drills (演练): who does what when, on the real services in simulated time; and what must hold."""
