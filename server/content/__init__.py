"""Who answers a request, in httpd's order: URL to file, settings of the way there, access, handler, error page."""
