"""What a trace shows at each moment: descriptors, connections, requests, who serves; and the pass over it."""
