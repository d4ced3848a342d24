"""Where STAC objects come from: one file a source, all of them with the same answers."""
