"""Activities: the only code here that calls the services. They take and answer ids, never what a lead says."""
