"""Remote files: addresses, HTTP requests, byte ranges."""
