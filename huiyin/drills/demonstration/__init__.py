"""The demonstration county (演示): a drill of three invented weeks, played into a directory."""
