"""How good a reconstruction is: pictures against pictures, surface against surface."""
