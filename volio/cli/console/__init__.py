"""What commands read from and write to the console: text, tables, JSON, progress, streams."""
