"""The packs that come with the system; a package, so that they are installed with it."""
