"""What is run: suites, trials and their keys, the protocol, and the words that declare them. Nothing here runs one."""
