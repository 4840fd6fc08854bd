"""The workspace's own JSON face: tools and runs for programs and the command line. A translation only."""
