"""Keys and the mouse: bindings of functions, and those that move the plane of a layer."""
