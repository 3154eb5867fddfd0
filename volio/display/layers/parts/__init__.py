"""Parts of layers: settings that belong together, each with events of its own."""
