"""Drills (演练): who does what when, run on the real services in simulated time, and what must hold."""
