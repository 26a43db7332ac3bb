"""How servers work: the models, and by what a trace shows which one it is."""
