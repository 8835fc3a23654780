"""The HTTP face of the organization: routes, bodies, cursors and the gate in front of them."""
