"""Headers: declared binary records, text, and the facts that all formats share."""
