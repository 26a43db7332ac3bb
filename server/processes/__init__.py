"""The parent and its children: how many there are, what they share, how they begin and end."""
