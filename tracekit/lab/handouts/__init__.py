"""What students are given: a folder each, with the texts, the traces, and the answers to fill in."""
