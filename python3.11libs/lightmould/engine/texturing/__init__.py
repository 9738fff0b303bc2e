"""What lies on the shape: its atlas, its textures, and the light that it is seen under."""
