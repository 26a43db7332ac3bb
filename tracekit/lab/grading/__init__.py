"""From submissions to scores: one or many of them, in processes of their own, beside earlier ones."""
