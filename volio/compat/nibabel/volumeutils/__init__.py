"""Arrays, floating point types and headers: nibabel's ``volumeutils`` names."""
