"""The live form of the lab: a server of the student's own, and a keeper that notes what is so."""
