"""From the files that were opened for targets to document roots and aliases."""
