"""FreeSurfer's big-endian numbers, tags, and tables of names and colours."""
