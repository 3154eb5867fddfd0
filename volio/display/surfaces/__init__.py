"""Pictures of surfaces: views, meshes as they are drawn, colours of vertices, and the z-buffer."""
