"""What commands find out about files: facts, fields, counts, one row for each file."""
