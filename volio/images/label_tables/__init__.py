"""Files of labels, and tables in headers: one module per format, text to `Labels` and back."""
