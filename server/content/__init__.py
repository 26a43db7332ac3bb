"""Who answers a request: from URL to file, what holds on the way there, access, handler, error page."""
